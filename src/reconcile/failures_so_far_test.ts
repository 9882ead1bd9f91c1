import assert from "node:assert/strict";
import type { Condition } from "../core/condition.ts";
import { formatTime } from "../core/format_time.ts";
import { ManualClock } from "../../tests/manual_clock.ts";
import { seededRandom } from "../../tests/seeded_random.ts";
import { conditionOf, sourceOf } from "../../tests/source_fixtures.ts";
import { failuresSoFar } from "./failures_so_far.ts";

const now = Date.UTC(2026, 0, 1, 12);
const delaysOf = (backoff: (failures: number) => number) => ({
  backoff,
  secretBackoff: () => 0,
  asked: () => 0,
  interval: () => 0,
  spread: () => 0,
});
const settings = { minInterval: 60_000, maxAttempts: 10 };
const doubling = (failures: number) => 1_000 * 2 ** (failures - 1);
const retryingSince = (ms: number): Condition => ({
  ...conditionOf("Reconciling=True/ProgressingWithRetry"),
  lastTransitionTime: formatTime(ms),
});

interface Told {
  readonly failures?: number;
  readonly observed?: number;
  readonly held?: boolean;
}

function after(agoMs: number, { failures = 1, observed = 1, held = false }: Told = {}) {
  const status = {
    observedGeneration: observed,
    ...held ? { nextAttemptHeld: true } : {},
    failures,
    conditions: [conditionOf("Ready=False/FetchFailed"), retryingSince(now - agoMs)],
  };
  const clock = new ManualClock(now);
  const told = failuresSoFar(sourceOf({ status }), {
    clock,
    delays: delaysOf(doubling),
    settings,
  });
  return [told.failures, told.retryAt === undefined ? undefined : told.retryAt - now];
}

Deno.test("failuresSoFar() tells from how long a source has been retried which try is next, and when", () => {
  assert.deepEqual(after(0), [1, 1_000]);
  assert.deepEqual(after(1_000), [2, 2_000]);
  assert.deepEqual(after(20_000), [5, 11_000]);
  assert.deepEqual(after(127_000), [8, 128_000]);
  assert.deepEqual(after(254_000), [8, 1_000]);
});

Deno.test("failuresSoFar() counts nothing while the upstream decides when it is asked", () => {
  assert.deepEqual(after(20_000, { failures: 4, held: true }), [4, undefined]);
});

Deno.test("failuresSoFar() never knows of fewer than the status tells", () => {
  assert.deepEqual(after(1_000, { failures: 7 }), [7, 2_000]);
});

Deno.test("failuresSoFar() keeps to the status where nobody can have tried all the time", () => {
  assert.deepEqual(after(86_400_000, { failures: 3 }), [3, undefined]);
});

Deno.test("failuresSoFar() are none under a new spec, nor of what does not count", () => {
  assert.deepEqual(after(20_000, { observed: 0 }), [0, undefined]);
  assert.deepEqual(after(20_000, { failures: 0 }), [0, undefined]);
});

Deno.test("failuresSoFar() are those of the process before, give or take one for the jitter", () => {
  const random = seededRandom(7);
  const delays = delaysOf((failures) => doubling(failures) * (0.75 + random() / 2));
  for (let round = 0; round < 200; round++) {
    const since = now;
    let [failures, at] = [1, since + delays.backoff(1)];
    const tries = 1 + Math.floor(random() * 7);
    while (failures < tries) at += delays.backoff(++failures);
    const clock = new ManualClock(at - 1);
    const status = {
      observedGeneration: 1,
      failures: 1,
      conditions: [conditionOf("Ready=False/FetchFailed"), retryingSince(since)],
    };
    const told = failuresSoFar(sourceOf({ status }), { clock, delays, settings });
    assert.ok(Math.abs(told.failures - failures) <= 1, `${told.failures}, not ${failures}`);
    assert.ok(told.retryAt! >= clock.now(), "it is no stampede");
    assert.ok(told.retryAt! <= clock.now() + 1.25 * doubling(told.failures));
  }
});
