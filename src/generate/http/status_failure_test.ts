import assert from "node:assert/strict";
import type { ResponseHeaders } from "./rate_limit.ts";
import { statusFailure } from "./status_failure.ts";

const now = Date.UTC(2026, 0, 1);
const exhausted = { "x-ratelimit-remaining": "0", "x-ratelimit-reset": "9" };

type Row = readonly [number, ResponseHeaders, "transient" | "rejected", number?];
const rows: readonly Row[] = [
  [304, {}, "rejected"],
  [400, {}, "rejected"],
  [401, {}, "rejected"],
  [403, {}, "rejected"],
  [403, exhausted, "transient", 9_000],
  [404, { "retry-after": "5" }, "rejected"],
  [408, {}, "transient"],
  [425, {}, "transient"],
  [429, {}, "transient"],
  [429, { "retry-after": "5" }, "transient", 5_000],
  [429, { "retry-after": "5", ...exhausted }, "transient", 5_000],
  [429, { "retry-after": "soon", ...exhausted }, "transient", 9_000],
  [429, { "retry-after": "999999999" }, "transient", 60_000],
  [500, {}, "transient"],
  [503, { "retry-after": "Thu, 01 Jan 2026 00:00:30 GMT" }, "transient", 30_000],
  [599, {}, "transient"],
];

Deno.test("statusFailure() follows the table of DESIGN §5", () => {
  for (const [status, headers, wanted, retryAfterMs] of rows) {
    const failure = statusFailure({ status, headers }, { now, maxWaitMs: 60_000 });
    const label = `${status} ${JSON.stringify(headers)}`;
    assert.equal(failure.message, `status ${status}`);
    assert.equal(failure.details.class, wanted, label);
    assert.equal(failure.details.retryAfterMs, retryAfterMs, label);
  }
});
