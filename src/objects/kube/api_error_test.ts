import assert from "node:assert/strict";
import { ConflictError, KindNotInstalledError, NotFoundError } from "../objects.ts";
import { apiError, parseRetryAfter } from "./api_error.ts";
import { ApiStatusError } from "./api_status_error.ts";

const body = JSON.stringify({ kind: "Status", code: 0, reason: "Because", message: "words" });
const answer = (code: number, text = body, retryAfter: string | null = null) =>
  apiError('Cannot get "x"', { code, retryAfter, body: text });

Deno.test("apiError() has a class for each answer that callers tell apart", () => {
  assert.ok(answer(409) instanceof ConflictError);
  assert.ok(answer(404) instanceof NotFoundError);
  assert.ok(answer(404, "404 page not found\n") instanceof KindNotInstalledError);
  for (const code of [400, 401, 403, 410, 422, 429, 500, 503]) {
    assert.ok(answer(code) instanceof ApiStatusError, `${code}`);
  }
  assert.equal(answer(403).message, 'Cannot get "x": status 403, words');
});

Deno.test("apiError() says what will be refused again", () => {
  const refusals = [400, 401, 403, 413, 422, 429, 500].map((code) =>
    (answer(code) as ApiStatusError).refusal
  );
  const expected = ["invalid", undefined, "forbidden", "invalid", "invalid", undefined, undefined];
  assert.deepEqual(refusals, expected);
});

Deno.test("apiError() takes an object of a namespace that is being deleted for gone, not for forbidden", () => {
  const status = (reason: string) =>
    JSON.stringify({ kind: "Status", reason: "Forbidden", details: { causes: [{ reason }] } });
  assert.ok(answer(403, status("NamespaceTerminating")) instanceof NotFoundError);
  assert.ok(answer(403, status("FieldValueForbidden")) instanceof ApiStatusError);
});

Deno.test("apiError() keeps no body that is not a Status", () => {
  assert.equal(answer(502, "<html>secret</html>").message, 'Cannot get "x": status 502');
});

Deno.test("apiError() carries Retry-After", () => {
  assert.equal((answer(429, body, "7") as ApiStatusError).retryAfterMs, 7_000);
});

Deno.test("parseRetryAfter() reads seconds and bounds them", () => {
  const rows: readonly [string | null, number | undefined][] = [
    [null, undefined],
    ["1", 1_000],
    ["0", 0],
    ["86400", 120_000],
    ["-1", undefined],
    ["Wed, 21 Oct 2026 07:28:00 GMT", undefined],
  ];
  for (const [header, expected] of rows) {
    assert.equal(parseRetryAfter(header), expected, `${header}`);
  }
});
