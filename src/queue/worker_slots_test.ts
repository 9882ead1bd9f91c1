import { strict as assert } from "node:assert";
import type { Priority } from "../core/priority.ts";
import { settle } from "../../tests/settle.ts";
import { WorkerSlots } from "./worker_slots.ts";

function startSlots(count: number) {
  const slots = new WorkerSlots(count);
  const granted: string[] = [];
  const releases = new Map<string, () => void>();
  const ask = (name: string, priority: Priority = "due") => {
    const abort = new AbortController();
    const done = slots.acquire({ priority }, abort.signal).then((release) => {
      granted.push(name);
      releases.set(name, release);
    });
    return { abort, done };
  };
  const release = async (name: string) => {
    releases.get(name)!();
    await settle();
  };
  return { slots, granted, ask, release };
}

Deno.test("WorkerSlots.acquire() grants so many at once, then the triggered and else the first", async () => {
  const { slots, granted, ask, release } = startSlots(2);
  for (const name of ["a", "b", "c", "d"]) ask(name);
  for (const name of ["u", "v"]) ask(name, "triggered");
  await settle();
  assert.deepEqual([granted, slots.held, slots.waiting], [["a", "b"], 2, 4]);
  for (const name of ["b", "u", "a", "v"]) await release(name);
  assert.deepEqual(granted, ["a", "b", "u", "v", "c", "d"]);
  for (const name of ["c", "d"]) await release(name);
  assert.deepEqual([slots.held, slots.waiting], [0, 0]);
});

Deno.test("WorkerSlots.acquire() lets the retried go last, but none of them for ever", async () => {
  const { granted, ask, release } = startSlots(1);
  ask("holder");
  for (const name of ["r0", "r1"]) ask(name, "retried");
  for (let index = 0; index < 20; index++) ask(`d${index}`);
  await settle();
  for (let turn = 0; turn < 16; turn++) await release(granted.at(-1)!);
  assert.deepEqual([granted.indexOf("d0"), granted.indexOf("r0"), granted.indexOf("r1")], [
    1,
    8,
    16,
  ]);
});

Deno.test("WorkerSlots.acquire() gives a slot back once, however often it is released", async () => {
  const { slots, granted, ask, release } = startSlots(1);
  for (const name of ["a", "b", "c"]) ask(name);
  await settle();
  await release("a");
  await release("a");
  assert.deepEqual([granted, slots.held], [["a", "b"], 1]);
});

Deno.test("WorkerSlots.acquire() rejects with the signal's reason and leaves no waiter", async () => {
  const { slots, granted, ask, release } = startSlots(1);
  const reason = new Error("shutting down");
  ask("a");
  const given = ask("given up");
  ask("b");
  given.abort.abort(reason);
  await assert.rejects(given.done, reason);
  await assert.rejects(slots.acquire({ priority: "triggered" }, AbortSignal.abort(reason)), reason);
  await release("a");
  assert.deepEqual([granted, slots.held, slots.waiting], [["a", "b"], 1, 0]);
});

Deno.test("WorkerSlots.acquire() no longer listens to the signal once granted", async () => {
  const { ask, release } = startSlots(1);
  await ask("holder").done;
  const { abort, done } = ask("next");
  let listeners = 1;
  abort.signal.removeEventListener = () => listeners--;
  await release("holder");
  await done;
  assert.equal(listeners, 0);
});
