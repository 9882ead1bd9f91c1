import assert from "node:assert/strict";
import type { ExternalSourceSpec } from "../core/external_source.ts";
import type { Secret } from "../core/secret.ts";
import { fingerprintOf } from "./fingerprint.ts";

const spec: ExternalSourceSpec = {
  interval: "5m",
  generator: { type: "http", http: { url: "http://a.test/", headers: { a: "1", b: "2" } } },
};
const secret = (name: string, resourceVersion: string): [string, Secret] => [
  name,
  { name, resourceVersion, data: { token: new TextEncoder().encode("canary") } },
];
const none = new Map<string, Secret>();
const base = fingerprintOf(spec, none);

const same: Readonly<Record<string, ExternalSourceSpec>> = {
  "another order of fields": {
    generator: { http: { headers: { b: "2", a: "1" }, url: "http://a.test/" }, type: "http" },
    interval: "5m",
  },
  "another interval": { ...spec, interval: "1h" },
  suspend: { ...spec, suspend: true },
  maxRetries: { ...spec, maxRetries: 9 },
};
for (const [name, other] of Object.entries(same)) {
  Deno.test(`fingerprintOf() is the same under ${name}`, () => {
    assert.equal(fingerprintOf(other, none), base);
  });
}

const hook = { name: "h", command: "jq" };
const different: Readonly<Record<string, [ExternalSourceSpec, Map<string, Secret>]>> = {
  destinationPath: [{ ...spec, destinationPath: "a" }, none],
  "destinationPath as a directory": [{ ...spec, destinationPath: "a/" }, none],
  "another URL": [{ ...spec, generator: { type: "http", http: { url: "http://b.test/" } } }, none],
  "a hook": [{ ...spec, hooks: { postRequest: [hook] } }, none],
  "a hook elsewhere": [{ ...spec, hooks: { preRequest: [hook] } }, none],
  "two hooks": [{ ...spec, hooks: { postRequest: [hook, { ...hook, name: "i" }] } }, none],
  "two hooks the other way": [
    { ...spec, hooks: { postRequest: [{ ...hook, name: "i" }, hook] } },
    none,
  ],
  "a Secret": [spec, new Map([secret("s", "1")])],
  "another version of a Secret": [spec, new Map([secret("s", "2")])],
  "another Secret": [spec, new Map([secret("t", "1")])],
  "two Secrets": [spec, new Map([secret("s", "1"), secret("t", "1")])],
};
Deno.test("fingerprintOf() differs with everything that decides what is published", () => {
  const all = Object.values(different).map(([other, secrets]) => fingerprintOf(other, secrets));
  assert.equal(new Set([base, ...all]).size, all.length + 1);
});

Deno.test("fingerprintOf() does not depend on the order of Secrets nor on their values", () => {
  const [s, t] = [secret("s", "1"), secret("t", "1")];
  assert.equal(fingerprintOf(spec, new Map([s, t])), fingerprintOf(spec, new Map([t, s])));
  const empty = new Map(["s", "t"].map((name) => [name, { name, resourceVersion: "1", data: {} }]));
  assert.equal(fingerprintOf(spec, new Map([s, t])), fingerprintOf(spec, empty));
});

Deno.test("fingerprintOf() is a SHA-256 in hex, and an update of the controller leaves it as it was", () => {
  assert.match(base, /^[0-9a-f]{64}$/);
  assert.equal(base, "08f0bdf86f3a382953a78212fc6b2c5e389dda992a21012956c0b3c6320ddbd9");
});

Deno.test("fingerprintOf() of a source with hooks is one of the whitelist, and not of tokens that hooks mint", () => {
  const asked = { method: "GET", url: "http://a.test/x?signature=1" };
  const of = (rules: string, request?: typeof asked) =>
    fingerprintOf(spec, none, { rules, request });
  const all = [
    ...[base, of("a"), of("b"), of("a", asked)],
    of("a", { ...asked, method: "HEAD" }),
    of("a", { ...asked, url: "http://a.test/y" }),
    of("a", { ...asked, url: "http://b.test/x" }),
  ];
  assert.equal(new Set(all).size, all.length);
  const signed = { ...asked, url: "http://user:token@a.test/x?signature=2#3" };
  assert.equal(of("a", signed), of("a", asked));
});
