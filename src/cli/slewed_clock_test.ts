import assert from "node:assert/strict";
import { ManualClock } from "../../tests/manual_clock.ts";
import { createSlewedClock, slewedClock } from "./slewed_clock.ts";

const minute = 60_000;

/** A clock over a machine whose own clock is off by `step`. */
function machine() {
  const steady = new ManualClock();
  let step = 0;
  const clock = createSlewedClock({ wallNow: () => steady.now() + step, steady });
  return { clock, steady, wallNow: () => steady.now() + step, set: (ms: number) => step = ms };
}

Deno.test("createSlewedClock() is the machine's as long as nobody sets that", async () => {
  const { clock, steady, wallNow } = machine();
  for (let turn = 0; turn < 100; turn++) {
    await steady.advance(17);
    assert.equal(clock.now(), wallNow());
  }
});

for (const step of [60 * minute, -60 * minute]) {
  Deno.test(`createSlewedClock() comes up to a clock that was set by ${step / minute} minutes, and never jumps`, async () => {
    const { clock, steady, wallNow, set } = machine();
    set(step);
    let before = clock.now();
    for (let turn = 0; clock.now() !== wallNow(); turn++) {
      assert.ok(turn < 60 * 5, "it does not come up to it");
      await steady.advance(minute);
      const passed = clock.now() - before;
      assert.ok(passed >= minute * 0.75 - 1 && passed <= minute * 1.25 + 1, `${passed}`);
      before = clock.now();
    }
  });
}

Deno.test("slewedClock is about the time of day", () => {
  assert.ok(Math.abs(slewedClock.now() - Date.now()) < 60_000);
});
