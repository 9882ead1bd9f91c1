import assert from "node:assert/strict";
import { StepError } from "../../core/step_error.ts";
import { createProxyChoice } from "./proxy.ts";

const choose = (noProxy: string) => {
  const choice = createProxyChoice({
    httpProxy: "http://plain:3128",
    httpsProxy: "user:p%40ss@secure:3129",
    noProxy,
  });
  return (url: string) => choice(new URL(url))?.url.host ?? "direct";
};

Deno.test("createProxyChoice() chooses by the scheme of the upstream", () => {
  assert.equal(choose("")("http://a.example/"), "plain:3128");
  assert.equal(choose("")("https://a.example/"), "secure:3129");
  const none = createProxyChoice({ httpProxy: "", httpsProxy: "", noProxy: "" });
  assert.equal(none(new URL("https://a.example/")), undefined);
});

Deno.test("createProxyChoice() keeps credentials out of the proxy's URL", () => {
  const choice = createProxyChoice({ httpProxy: "", httpsProxy: "u:p%40@p:1", noProxy: "" });
  const proxy = choice(new URL("https://a.example/"));
  assert.equal(proxy?.url.href, "http://p:1/");
  assert.equal(proxy?.authorization, `Basic ${btoa("u:p@")}`);
});

Deno.test("createProxyChoice() never sends loopback to a proxy", () => {
  for (
    const host of ["localhost", "127.0.0.1", "127.8.8.8", "[::1]", "[::ffff:127.0.0.1]", "0x7f.1"]
  ) {
    assert.equal(choose("")(`http://${host}:8080/`), "direct", host);
  }
});

const rows: readonly (readonly [string, string, boolean])[] = [
  ["example.com", "http://example.com/", true],
  ["example.com", "http://a.example.com/", true],
  ["example.com", "http://EXAMPLE.com./", true],
  ["example.com", "http://badexample.com/", false],
  [".example.com", "http://example.com/", false],
  [".example.com", "http://a.example.com/", true],
  ["*.example.com", "http://a.b.example.com/", true],
  ["*.example.com", "http://example.com/", false],
  ["example.com:8080", "http://example.com:8080/", true],
  ["example.com:8080", "http://example.com/", false],
  ["example.com:443", "https://example.com/", true],
  ["10.0.0.0/8", "http://10.1.2.3/", true],
  ["10.0.0.0/8", "http://11.1.2.3/", false],
  ["10.0.0.0/8", "http://ten.example/", false],
  ["10.0.0.1", "http://10.0.0.1/", true],
  ["10.0.0.1:81", "http://10.0.0.1/", false],
  ["10.0.0.1:81", "http://10.0.0.1:81/", true],
  ["fd00::/8", "http://[fd00::1]/", true],
  ["[fd00::1]:81", "http://[fd00::1]:81/", true],
  ["[fd00::1]:81", "http://[fd00::1]/", false],
  ["*", "https://anything.example/", true],
  [" a.example , b.example ", "http://b.example/", true],
  [",,", "http://b.example/", false],
];

Deno.test("createProxyChoice() reads NO_PROXY as Go does", () => {
  for (const [noProxy, url, direct] of rows) {
    assert.equal(choose(noProxy)(url) === "direct", direct, `${noProxy} ${url}`);
  }
});

Deno.test("createProxyChoice() refuses what is no proxy without quoting it", () => {
  for (const bad of ["socks5://canary@p:1", "http://", "http://canary:99999"]) {
    assert.throws(
      () => createProxyChoice({ httpProxy: bad, httpsProxy: "", noProxy: "" }),
      (error) =>
        error instanceof StepError && error.class === "configuration" &&
        /HTTP_PROXY/.test(error.message) && !/canary/.test(error.message),
      bad,
    );
  }
});
