import { strict as assert } from "node:assert";
import { ManualClock } from "./manual_clock.ts";

Deno.test("ManualClock.advance() fires timers by time, equals in the order of scheduling", async () => {
  const clock = new ManualClock(1_000);
  const fired: string[] = [];
  const note = (name: string) => () => fired.push(`${name}@${clock.now()}`);
  clock.schedule(note("late"), 30);
  clock.schedule(note("first"), 10);
  clock.schedule(note("second"), 10);
  clock.schedule(note("beyond"), 41);
  const cancel = clock.schedule(note("cancelled"), 10);
  cancel();
  await clock.advance(40);
  assert.deepEqual(fired, ["first@1010", "second@1010", "late@1030"]);
  assert.equal(clock.now(), 1_040);
  assert.equal(clock.pending, 1);
});

Deno.test("ManualClock.advance() lets awaiting code schedule its next timer within the span", async () => {
  const clock = new ManualClock(0);
  const wait = (ms: number) => new Promise<void>((resolve) => clock.schedule(resolve, ms));
  const times: number[] = [];
  const loop = (async () => {
    for (let round = 0; round < 3; round++) {
      await wait(10);
      times.push(clock.now());
    }
  })();
  await clock.advance(100);
  await loop;
  assert.deepEqual(times, [10, 20, 30]);
});
