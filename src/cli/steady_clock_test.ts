import assert from "node:assert/strict";
import { createSteadyClock, steadyClock } from "./steady_clock.ts";

/** A clock over a machine that a test lets work and sleep. */
function machine() {
  let [awake, up] = [5_000.5, 77_000.9];
  const clock = createSteadyClock({
    awakeMs: () => awake,
    uptimeSeconds: () => Math.ceil(up / 1_000),
  });
  const work = (ms: number) => {
    awake += ms;
    up += ms;
  };
  return { clock, work, sleep: (ms: number) => void (up += ms) };
}

Deno.test("createSteadyClock() counts milliseconds while the machine is awake", () => {
  const { clock, work } = machine();
  let before = clock.now();
  for (let step = 0; step < 5_000; step++) {
    work(7);
    const now = clock.now();
    assert.ok(Math.abs(now - before - 7) < 1e-6, `${now - before}`);
    before = now;
  }
});

Deno.test("createSteadyClock() counts what the machine slept, to two seconds, and never goes back", () => {
  const { clock, work, sleep } = machine();
  work(1_000);
  const before = clock.now();
  sleep(60_000);
  const after = clock.now();
  assert.ok(after - before > 58_000 && after - before <= 60_000, `${after - before}`);
  let last = after;
  for (let step = 0; step < 1_000; step++) {
    work(7);
    assert.ok(clock.now() >= last + 6.9);
    last = clock.now();
  }
  assert.ok(last - before <= 67_000);
});

Deno.test("steadyClock goes on", () => {
  const before = steadyClock.now();
  assert.ok(before >= 0);
  assert.ok(steadyClock.now() >= before);
});
