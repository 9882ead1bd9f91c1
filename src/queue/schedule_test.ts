import { strict as assert } from "node:assert";
import { seededRandom } from "../../tests/seeded_random.ts";
import { firstFetchDelay, firstRunAt, nextRunAt } from "./schedule.ts";

const minute = 60_000;
const now = Date.UTC(2026, 0, 1);

const intervals: readonly { intervalMs: number; effectiveMs: number; reason: string }[] = [
  { intervalMs: 10 * minute, effectiveMs: 10 * minute, reason: "as given" },
  { intervalMs: 1, effectiveMs: minute, reason: "below the minimum" },
  { intervalMs: 0, effectiveMs: minute, reason: "nothing" },
];

Deno.test("nextRunAt() is an interval after the start, up to 5 % later, never earlier", () => {
  for (const { intervalMs, effectiveMs, reason } of intervals) {
    const schedule = { intervalMs, minimumMs: minute };
    const next = [0, 1].map((random) => nextRunAt(schedule, now, () => random));
    assert.deepEqual(next, [now + effectiveMs, now + effectiveMs * 1.05], reason);
  }
});

Deno.test("firstRunAt() lies within the interval and spreads sources evenly", () => {
  for (const { intervalMs, effectiveMs, reason } of intervals) {
    const tenths = Array.from({ length: 10 }, () => 0);
    for (let index = 0; index < 10_000; index++) {
      const key = `team-${index % 7}/source-${index}`;
      const wait = firstRunAt({ intervalMs, minimumMs: minute }, key, now) - now;
      assert.ok(wait > 0 && wait <= effectiveMs, `${reason}: ${wait}`);
      tenths[Math.min(9, Math.floor(wait / effectiveMs * 10))]!++;
    }
    assert.ok(Math.min(...tenths) > 900 && Math.max(...tenths) < 1_100, `${reason}: ${tenths}`);
  }
});

Deno.test("firstRunAt() stays the same however often the controller restarts before it", () => {
  const schedule = { intervalMs: 37 * minute, minimumMs: minute };
  const random = seededRandom(1);
  for (let index = 0; index < 100; index++) {
    const key = `ns/${index}`;
    const first = firstRunAt(schedule, key, now);
    const restarted = firstRunAt(schedule, key, now + random() * (first - now - 1));
    assert.ok(Math.abs(restarted - first) < 1, `${restarted - first} ms apart`);
    assert.ok(Math.abs(firstRunAt(schedule, key, first + 1) - first - 37 * minute) < 1);
  }
});

Deno.test("firstFetchDelay() is nothing for one source and spreads many at a hundred a second, up to a limit", () => {
  const latest = () => 1 - 2 ** -32;
  const spreadMs = 5 * minute;
  for (const count of [0, 1]) assert.equal(firstFetchDelay({ count, spreadMs }, latest), 0);
  assert.equal(Math.round(firstFetchDelay({ count: 1_001, spreadMs }, latest)), 10_000);
  assert.equal(firstFetchDelay({ count: 1_001, spreadMs }, () => 0.25), 2_500);
  assert.equal(firstFetchDelay({ count: 100_000, spreadMs }, () => 0.5), 2.5 * minute);
  assert.equal(firstFetchDelay({ count: 100_000, spreadMs: 0 }, latest), 0);
});
