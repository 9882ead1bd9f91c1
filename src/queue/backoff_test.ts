import { strict as assert } from "node:assert";
import { type Backoff, backoffDelay, secretBackoff } from "./backoff.ts";

const usual: Backoff = { baseMs: 1_000, maxMs: 300_000, jitterFactor: 0.25 };
const cases: readonly {
  backoff: Backoff;
  failures: number;
  range: [number, number];
  reason: string;
}[] = [
  { backoff: usual, failures: 1, range: [1_000, 1_250], reason: "never below the base" },
  { backoff: usual, failures: 2, range: [1_500, 2_500], reason: "a quarter to both sides" },
  { backoff: usual, failures: 5, range: [12_000, 20_000], reason: "doubles" },
  { backoff: usual, failures: 9, range: [192_000, 300_000], reason: "never above the maximum" },
  { backoff: usual, failures: 10, range: [225_000, 300_000], reason: "spread at the maximum too" },
  { backoff: usual, failures: 5_000, range: [225_000, 300_000], reason: "2^4999 is infinite" },
  { backoff: usual, failures: 0, range: [1_000, 1_250], reason: "counts as the first" },
  {
    backoff: { ...usual, jitterFactor: 0 },
    failures: 4,
    range: [8_000, 8_000],
    reason: "no jitter",
  },
  {
    backoff: { ...usual, jitterFactor: 1 },
    failures: 4,
    range: [1_000, 16_000],
    reason: "full jitter ends at the base",
  },
  {
    backoff: { ...usual, maxMs: 10 },
    failures: 1,
    range: [1_000, 1_000],
    reason: "of base and a smaller maximum, the base",
  },
  { backoff: secretBackoff, failures: 100, range: [45_000, 60_000], reason: "a minute at most" },
];

Deno.test("backoffDelay() is base times a power of two, spread by the jitter within its bounds", () => {
  for (const { backoff, failures, range: [low, high], reason } of cases) {
    const middle = (low + high) / 2;
    const delays = [0, 0.5, 1].map((random) => backoffDelay(backoff, failures, () => random));
    assert.deepEqual(delays, [low, middle, high], reason);
  }
});
