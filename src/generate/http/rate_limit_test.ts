import assert from "node:assert/strict";
import { rateLimitWaitMs, type ResponseHeaders } from "./rate_limit.ts";

const now = Date.UTC(2026, 0, 1);
const inAMinute = String(now / 1_000 + 60);

const cases: readonly (readonly [ResponseHeaders, boolean, number | undefined])[] = [
  [{}, true, undefined],
  [{ "ratelimit-remaining": "0", "ratelimit-reset": "60" }, false, 60_000],
  [{ "ratelimit-remaining": "3", "ratelimit-reset": "60" }, true, undefined],
  [{ "ratelimit-reset": "60" }, true, 60_000],
  [{ "ratelimit-reset": "60" }, false, undefined],
  [{ "x-ratelimit-remaining": "0", "x-ratelimit-reset": inAMinute }, false, 60_000],
  [{ "x-ratelimit-remaining": "0", "x-ratelimit-reset": `${inAMinute}000` }, false, 60_000],
  [{ "x-ratelimit-remaining": "0", "x-ratelimit-reset": "1000000000" }, false, 0],
  [{ "x-ratelimit-remaining": "0", "x-ratelimit-reset-after": "1.5" }, false, 1_500],
  [{ "x-rate-limit-remaining": "0", "x-rate-limit-reset": "5" }, false, 5_000],
  [{ "x-ratelimit-remaining": "0", "x-ratelimit-reset": "soon" }, true, undefined],
  [{ "ratelimit": '"default";r=0;t=50' }, false, 50_000],
  [{ "ratelimit": '"minute";r=0;t=50, "day";r=0;t=70' }, false, 70_000],
  [{ "ratelimit": '"minute";r=9;t=50, "day";r=0;t=70' }, false, 70_000],
  [{ "ratelimit": "limit=100, remaining=0, reset=50" }, false, 50_000],
  [{ "ratelimit": "limit=100, remaining=1, reset=50" }, true, undefined],
  [{ "ratelimit-remaining": ["0", "9"], "ratelimit-reset": ["7", "8"] }, false, 7_000],
];

Deno.test("rateLimitWaitMs() waits for the last exhausted window", () => {
  for (const [headers, limited, wanted] of cases) {
    assert.equal(rateLimitWaitMs(headers, { now, limited }), wanted, JSON.stringify(headers));
  }
});
