import assert from "node:assert/strict";
import type { Priority } from "../core/priority.ts";
import { settle } from "../../tests/settle.ts";
import { NamespaceSlots } from "./namespace_slots.ts";
import { WorkerSlots } from "./worker_slots.ts";

const never = new AbortController().signal;
const of = (namespace: string, priority: Priority = "due") => ({ namespace, priority });

Deno.test("NamespaceSlots acquire() gives a namespace its part and leaves the rest to others", async () => {
  const workers = new WorkerSlots(3);
  const slots = new NamespaceSlots(workers, 2);
  const held = [await slots.acquire(of("a"), never), await slots.acquire(of("a"), never)];
  const order: string[] = [];
  const waiting = [
    slots.acquire(of("a"), never).then((release) => (order.push("due"), release)),
    slots.acquire(of("a", "triggered"), never).then((
      release,
    ) => (order.push("triggered"), release)),
  ];
  const other = await slots.acquire(of("b"), never);
  await settle();
  assert.deepEqual([order, workers.held], [[], 3]);
  assert.deepEqual([slots.held, slots.waiting], [3, 2]);
  for (const release of held) release();
  for (const release of await Promise.all(waiting)) release();
  assert.deepEqual(order, ["triggered", "due"]);
  other();
  other();
  assert.deepEqual([workers.held, slots.held, slots.waiting, slots.knownNamespaces], [0, 0, 0, 0]);
});

Deno.test("NamespaceSlots acquire() leaves nothing behind when it is aborted", async () => {
  const workers = new WorkerSlots(1);
  const slots = new NamespaceSlots(workers, 1);
  const hold = await slots.acquire(of("a"), never);
  const abort = new AbortController();
  const waiting = ["a", "b"].map((name) => slots.acquire(of(name), abort.signal));
  const ended = Promise.all(waiting.map((each) => assert.rejects(each, { message: "stop" })));
  await settle();
  abort.abort(new Error("stop"));
  await ended;
  await assert.rejects(slots.acquire(of("c"), abort.signal), { message: "stop" });
  hold();
  assert.deepEqual([workers.held, slots.held, slots.waiting, slots.knownNamespaces], [0, 0, 0, 0]);
});
