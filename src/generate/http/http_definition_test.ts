import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import type { RequestListener } from "node:http";
import {
  type GeneratorHarness,
  testGenerator,
  type UpstreamBehaviour,
} from "../../../tests/contract/generator.ts";
import { HttpFetcher } from "../../../tests/http_fetcher.ts";
import { startHttp } from "../../../tests/upstream.ts";
import { StepError } from "../../core/step_error.ts";

type Respond = (behaviour: UpstreamBehaviour, ...exchange: Parameters<RequestListener>) => void;

const respond: Respond = (behaviour, { headers }, response) => {
  switch (behaviour.kind) {
    case "document": {
      const etag = `"${createHash("sha256").update(behaviour.content).digest("hex")}"`;
      if (headers["if-none-match"] === etag) response.writeHead(304, { etag }).end();
      else response.writeHead(200, { etag }).end(behaviour.content);
      return;
    }
    case "missing":
      return void response.writeHead(404).end();
    case "unavailable":
      return void response.writeHead(503).end();
    case "truncated":
      return void response.writeHead(200, { "content-length": 9 }).write("half", () => {
        response.socket?.destroy();
      });
    case "stuck":
      return void response.write("half", () => behaviour.begun());
  }
};

const badSettings = [
  { settings: { url: "" }, reason: "InvalidURL" },
  { settings: { url: "nowhere" }, reason: "InvalidURL" },
  { settings: { url: "ftp://example.com/" }, reason: "InvalidURL" },
  { settings: { url: "file:///etc/passwd" }, reason: "InvalidURL" },
  { settings: { url: "http://[fe80::1%25eth0]/" }, reason: "InvalidURL" },
  { settings: { url: "http://169.254.169.254/" }, reason: "RefusedAddress" },
  { settings: { url: "http://example.com/", method: "GET /" }, reason: "InvalidMethod" },
  { settings: { url: "http://example.com/", method: "CONNECT" }, reason: "InvalidMethod" },
  { settings: { url: "http://example.com/", method: "trace" }, reason: "InvalidMethod" },
];

async function start(): Promise<GeneratorHarness> {
  const maxSourceSize = 1024 * 1024;
  let behaviour: UpstreamBehaviour = { kind: "missing" };
  const upstream = await startHttp((...exchange) => respond(behaviour, ...exchange));
  const fetcher = new HttpFetcher({ environment: { maxSourceSize } });
  return {
    generator: fetcher.generator,
    settings: { url: upstream.origin, headersSecretRef: { name: "api" } },
    badSettings,
    secrets: new Map([["api", { name: "api", resourceVersion: "1", data: {} }]]),
    maxSourceSize,
    behave: (next) => void (behaviour = next),
    async [Symbol.asyncDispose]() {
      await fetcher[Symbol.asyncDispose]();
      await upstream[Symbol.asyncDispose]();
    },
  };
}

testGenerator("httpDefinition", start);

Deno.test("prepare() tells no part of a URL that may be secret", async () => {
  await using fetcher = new HttpFetcher();
  const urls = [
    "http://canary:canary@169.254.169.254/?canary#canary",
    "ftp://canary@example.com/?canary",
    "canary",
    "http://canary@[::1/?canary",
  ];
  for (const url of urls) {
    assert.throws(
      () => fetcher.generator.prepare({ url }),
      (error) => error instanceof StepError && !Deno.inspect(error).includes("canary"),
      url,
    );
  }
});

Deno.test("prepare() names the field of a URL that cannot be used", async () => {
  await using fetcher = new HttpFetcher();
  const cases: [url: string, told: string][] = [
    ["nowhere", "Cannot use spec.generator.http.url: it cannot be read as a URL"],
    [
      "ftp://example.com/a?b",
      'Cannot use spec.generator.http.url "ftp://example.com/a": only http and https are fetched',
    ],
    [
      "http://0/",
      'Cannot use spec.generator.http.url "http://0.0.0.0/": its address is refused: it is an unspecified address',
    ],
  ];
  for (const [url, message] of cases) {
    assert.throws(() => fetcher.generator.prepare({ url }), { message });
  }
});

Deno.test("prepare() takes a reference without a name for none, as the Go implementation did, and warns", async () => {
  await using fetcher = new HttpFetcher();
  const { secretNames, warnings } = fetcher.generator.prepare({
    ...{ url: "http://example.com/", headersSecretRef: {} },
    caBundleSecretRef: { name: "", key: "ca.pem" },
  });
  assert.deepEqual(secretNames, []);
  assert.deepEqual(warnings.map(({ reason }) => reason), ["SecretRefIgnored", "SecretRefIgnored"]);
  assert.match(warnings[1]!.message, /^spec\.generator\.http\.caBundleSecretRef has no name/);
  const named = { url: "http://example.com/", headersSecretRef: { name: "token" } };
  assert.deepEqual(fetcher.generator.prepare(named).warnings, []);
});

Deno.test("prepare() names the host with its port, so that spellings share a limit", async () => {
  await using fetcher = new HttpFetcher();
  const hostOf = (url: string) => fetcher.generator.prepare({ url }).host;
  assert.equal(hostOf("https://EXAMPLE.com/a"), "example.com:443");
  assert.equal(hostOf("http://example.com:80"), "example.com:80");
  assert.equal(hostOf("http://[2001:DB8::0:1]:8080/"), "[2001:db8::1]:8080");
});

Deno.test("create() refuses settings it cannot work with, in the words of the others", () => {
  const cases = [
    {
      settings: { fetchDenyCidr: ["10/8"] },
      message:
        'Cannot use --fetch-deny-cidr "10/8": it must be a network such as 10.0.0.0/8 or fd00::/8',
    },
    {
      settings: { httpsProxy: "socks5://u:p@p" },
      message:
        "Cannot use variable HTTPS_PROXY: it must be an http or https URL such as http://proxy.example.com:3128",
    },
  ];
  for (const { settings, message } of cases) {
    assert.throws(() => new HttpFetcher({ settings }), { reason: "InvalidSetting", message });
  }
});
