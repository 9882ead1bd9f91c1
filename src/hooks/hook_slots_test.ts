import assert from "node:assert/strict";
import { ManualClock } from "../../tests/manual_clock.ts";
import { settle } from "../../tests/settle.ts";
import { HookSlots } from "./hook_slots.ts";
import { HookUnavailable } from "./hook_unavailable.ts";

const never = new AbortController().signal;

function openSlots(slots: number) {
  const clock = new ManualClock();
  return { clock, slots: new HookSlots({ slots, maxWaitMs: 1_000, clock }) };
}

Deno.test("HookSlots gives turns in the order of coming", async () => {
  const { clock, slots } = openSlots(1);
  const order: number[] = [];
  const first = await slots.take(never);
  const others = [1, 2].map((i) =>
    slots.take(never).then((giveBack) => {
      order.push(i);
      return giveBack;
    })
  );
  assert.deepEqual([slots.running, slots.waiting], [1, 2]);
  first();
  first(); // only once
  await settle();
  assert.deepEqual([order, slots.running, slots.waiting], [[1], 1, 1]);
  for (const other of others) (await other)();
  assert.deepEqual([order, slots.running, clock.pending], [[1, 2], 0, 0]);
});

Deno.test("HookSlots.take() gives up after the longest wait", async () => {
  const { clock, slots } = openSlots(1);
  const first = await slots.take(never);
  const refused = assert.rejects(slots.take(never), HookUnavailable);
  await clock.advance(1_000);
  await refused;
  first();
  assert.deepEqual([slots.running, slots.waiting], [0, 0]);
});

Deno.test("HookSlots.take() gives up when it is aborted", async () => {
  const { clock, slots } = openSlots(1);
  const ending = new AbortController();
  const reason = new Error("enough");
  const first = await slots.take(ending.signal);
  const refused = assert.rejects(slots.take(ending.signal), reason);
  ending.abort(reason);
  await refused;
  await assert.rejects(slots.take(ending.signal), reason);
  first();
  assert.deepEqual([slots.running, slots.waiting, clock.pending], [0, 0, 0]);
});
