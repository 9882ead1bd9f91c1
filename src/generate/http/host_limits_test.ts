import assert from "node:assert/strict";
import type { HostLimits } from "../../core/host_limits.ts";
import { hostLimitsOf } from "./host_limits.ts";
import type { ResponseHeaders } from "./rate_limit.ts";

const now = Date.UTC(2026, 0, 1);
const inAMinute = String(now / 1_000 + 60);
const left = (remaining: string, reset: string) => ({
  "x-ratelimit-remaining": remaining,
  "x-ratelimit-reset": reset,
});

const cases: readonly (readonly [number, ResponseHeaders, HostLimits | undefined])[] = [
  [200, {}, undefined],
  [404, {}, undefined],
  [500, {}, undefined],
  [429, {}, { isRefusal: true }],
  [503, {}, { isRefusal: true }],
  [429, { "retry-after": "5" }, { isRefusal: true, holdMs: 5_000 }],
  [429, { "retry-after": "0" }, { isRefusal: true }],
  [429, { "retry-after": "86400" }, { isRefusal: true, holdMs: 3_600_000 }],
  [503, { "retry-after": "Thu, 01 Jan 2026 00:00:30 GMT" }, { isRefusal: true, holdMs: 30_000 }],
  [502, { "retry-after": "5" }, { isRefusal: false, holdMs: 5_000 }],
  [404, { "retry-after": "5" }, undefined],
  [200, { "retry-after": "5" }, undefined],
  [403, left("0", inAMinute), { isRefusal: true, holdMs: 60_000 }],
  [403, {}, undefined],
  [200, left("0", inAMinute), { isRefusal: false, holdMs: 60_000 }],
  [304, left("0", "60"), { isRefusal: false, holdMs: 60_000 }],
  [404, left("0", "60"), { isRefusal: false, holdMs: 60_000 }],
  [200, left("0", "86400"), { isRefusal: false, holdMs: 3_600_000 }],
  [200, left("0", String(now / 1_000 - 5)), undefined],
  [200, left("30", "60"), { isRefusal: false, budget: { left: 30, resetMs: 60_000 } }],
  [
    200,
    { "ratelimit-limit": "9", "ratelimit-remaining": "3", "ratelimit-reset": "60" },
    { isRefusal: false, budget: { left: 3, resetMs: 60_000 } },
  ],
  [
    200,
    { "ratelimit": '"second";r=9;t=1, "day";r=100;t=3000' },
    { isRefusal: false, budget: { left: 100, resetMs: 3_000_000 } },
  ],
  [
    200,
    { "ratelimit": '"burst";r=0;t=30, "day";r=100;t=3000' },
    { isRefusal: false, holdMs: 30_000, budget: { left: 100, resetMs: 3_000_000 } },
  ],
  [429, left("3", "60"), { isRefusal: true, budget: { left: 3, resetMs: 60_000 } }],
];

Deno.test("hostLimitsOf() reads what an answer, good or bad, says of its host", () => {
  for (const [status, headers, wanted] of cases) {
    const limits = hostLimitsOf({ status, headers }, { now, maxWaitMs: 3_600_000 });
    assert.deepEqual(limits, wanted, `${status} ${JSON.stringify(headers)}`);
  }
});
