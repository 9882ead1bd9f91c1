import assert from "node:assert/strict";
import { ManualClock } from "../../../tests/manual_clock.ts";
import { Debounce } from "./debounce.ts";

function debounce() {
  const clock = new ManualClock();
  const ran: number[] = [];
  const start = clock.now();
  const times = { quietMs: 100, atMostMs: 250 };
  return { clock, ran, debounce: new Debounce(clock, times, () => ran.push(clock.now() - start)) };
}

Deno.test("poke() runs the action once after the burst", async () => {
  const { clock, ran, debounce: each } = debounce();
  each.poke();
  await clock.advance(60);
  each.poke();
  await clock.advance(99);
  assert.deepEqual(ran, []);
  await clock.advance(1_000);
  assert.deepEqual(ran, [160]);
  each.poke();
  await clock.advance(100);
  assert.equal(ran.length, 2);
});

Deno.test("poke() waits no longer than the limit, however often it is called", async () => {
  const { clock, ran, debounce: each } = debounce();
  for (let i = 0; i < 10; i++) {
    each.poke();
    await clock.advance(50);
  }
  assert.deepEqual(ran, [250, 500]);
});

Deno.test("cancel() forgets a poke and leaves no timer", async () => {
  const { clock, ran, debounce: each } = debounce();
  each.poke();
  each.cancel();
  assert.equal(clock.pending, 0);
  await clock.advance(1_000);
  assert.deepEqual(ran, []);
});
