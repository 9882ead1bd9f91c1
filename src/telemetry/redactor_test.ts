import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { createRedactor } from "./redactor.ts";

const canary = 'c4nary/+= "wörd"!';

Deno.test("redact() removes a protected value however it is written", () => {
  const redactor = createRedactor();
  redactor.protect(canary);
  const texts = [
    canary,
    `before${canary}after`,
    `${canary}${canary}`,
    encodeURIComponent(canary),
    Buffer.from(canary).toString("base64"),
    Buffer.from(canary).toString("base64url"),
    JSON.stringify({ token: canary }),
  ];
  for (const text of texts) {
    const redacted = redactor.redact(`x ${text} y`);
    assert(!/c4nary|YzRuYXJ5/.test(redacted), redacted);
    assert(redacted.startsWith("x ") && redacted.endsWith(" y"), redacted);
  }
});

Deno.test("redact() removes the credentials of a header value without their scheme", () => {
  const redactor = createRedactor();
  redactor.protect("Bearer abcdefgh12345678");
  redactor.protect(`Basic ${Buffer.from("someone:open-sesame").toString("base64")}`);
  redactor.protect("s3cret-with-newline\n");
  assert.equal(redactor.redact("got abcdefgh12345678"), "got ***");
  assert.equal(redactor.redact("got open-sesame as someone"), "got *** as someone");
  assert.equal(redactor.redact("got s3cret-with-newline."), "got ***.");
});

Deno.test("redact() removes each line of a key", () => {
  const redactor = createRedactor();
  redactor.protect("-----BEGIN KEY-----\nMIIEvQIBADANBgkq\nhkiG9w0BAQEFAASC\n-----END KEY-----");
  assert.equal(redactor.redact("a hkiG9w0BAQEFAASC b"), "a *** b");
  assert.equal(redactor.redact("-----BEGIN CERTIFICATE-----"), "-----BEGIN CERTIFICATE-----");
});

Deno.test("redact() removes what is left of a value that a message cut off", () => {
  const redactor = createRedactor();
  redactor.protect("0123456789abcdefghijABCDEFGHIJ");
  assert.equal(redactor.redact("cut: 0123456789abcdefghij"), "cut: ***");
  assert.equal(redactor.redact("other: 0123456789"), "other: 0123456789");
});

Deno.test("redact() loses the rest of a text after the beginning of a very long value", () => {
  const redactor = createRedactor();
  redactor.protect("k".repeat(100) + "ab".repeat(2_000));
  assert.equal(redactor.redact(`x ${"k".repeat(100) + "ab".repeat(2_000)}`), "x ***");
});

Deno.test("redact() takes the longest of several values", () => {
  const redactor = createRedactor();
  for (const value of ["password", "password-longer", "password-1"]) redactor.protect(value);
  assert.equal(redactor.redact("a password-longer b"), "a *** b");
});

Deno.test("protect() ignores values too short to be told from words", () => {
  const redactor = createRedactor();
  for (const value of ["", "a", "yes", "12345"]) redactor.protect(value);
  assert.equal(redactor.redact("yes, 12345 a"), "yes, 12345 a");
});

Deno.test("protect() keeps the values used last", () => {
  const redactor = createRedactor();
  const protectOthers = (from: number) => {
    for (let count = from; count < from + 10_000; count++) redactor.protect(`${count}-others`);
  };
  redactor.protect("used-again");
  protectOthers(10_000);
  redactor.protect("used-again");
  protectOthers(20_000);
  assert.equal(redactor.redact("29999-others used-again"), "*** ***");
  assert.equal(redactor.redact("10000-others"), "10000-others");
});

Deno.test("redact() strips what carries credentials by its shape", () => {
  const redactor = createRedactor();
  const cases: [string, string][] = [
    ["https://u:canary@h.example/p?sig=canary#canary", "https://h.example/p"],
    ['Get "https://h.example/a/b?token=canary": timeout', 'Get "https://h.example/a/b": timeout'],
    ["redis://:canary@r:6379/0", "redis://r:6379/0"],
    ["https://u:ca/nary@h/", "(not a URL)"],
    ["https://u:p'canary@h/", "https://h/"],
    ["GET /v1/items?api=canary HTTP/1.1", "GET /v1/items HTTP/1.1"],
    ["Authorization: Bearer canary.canary", "Authorization: ***"],
    ['{"Authorization":"canary canary","a":1}', '{"Authorization":***,"a":1}'],
    ["set-cookie=canary; next", "set-cookie=***; next"],
    ["X-Api-Key: canary", "X-Api-Key: ***"],
    ["password=canary", "password=***"],
    ['{"db/password": canary}', '{"db/password": ***'],
    ['Cannot read {"password": canary}', 'Cannot read {"password": ***'],
    ['Cannot read "a": {"password": canary}', 'Cannot read "a": {"password": ***'],
    ['Cannot read "a/password=canary": status 500', 'Cannot read "a/password=***": status 500'],
    ['Cannot read "password": canary', 'Cannot read "password": ***'],
    ['Cannot read "password": "canary"', 'Cannot read "password": ***'],
    ["sent bearer canary-token", "sent bearer ***"],
    ["sent Basic Y2FuYXJ5OmNhbmFyeQ==", "sent Basic ***"],
    ["eyJhbGciOiJIUzI1NiJ9.eyJjYW5hcnkiOjF9.c2ln", "***"],
  ];
  for (const [text, expected] of cases) assert.equal(redactor.redact(text), expected);
});

Deno.test("redact() leaves what people need to read as it is", () => {
  const redactor = createRedactor();
  const texts = [
    'Cannot fetch "https://h.example/a@b/c.json": status 502',
    "stored artifact for revision latest@sha256:0123abcd",
    'hook "basic" (postRequest 2 of 3): exit 5',
    "Secret default/token has no key ca.crt",
    "is it broken? yes",
    'Cannot use spec.destinationPath "../../etc/passwd": a segment is ".."',
    'cannot read the whitelist "/etc/passwd": it is not UTF-8 text',
  ];
  for (const text of texts) assert.equal(redactor.redact(text), text);
});
