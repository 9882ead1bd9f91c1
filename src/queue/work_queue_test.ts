import { strict as assert } from "node:assert";
import { ManualClock } from "../../tests/manual_clock.ts";
import { settle } from "../../tests/settle.ts";
import { type Handler, type RunResult, WorkQueue } from "./work_queue.ts";

type Ended = RunResult | void;

/** A queue on a clock at 0 that runs until `stop()`; each run lasts until the test ends it. */
function startQueue(handler?: Handler<string>) {
  const clock = new ManualClock(0);
  const heard: string[] = [];
  const runs = new Map<string, PromiseWithResolvers<Ended> & { signal: AbortSignal }>();
  const queue = new WorkQueue<string>({
    clock,
    observer: {
      added: (key) => heard.push(`added ${key}`),
      requeued: (key) => heard.push(`requeued ${key}`),
      started: (key, ms) => heard.push(`started ${key} after ${ms}`),
      finished: (key, ms) => heard.push(`finished ${key} after ${ms}`),
      crashed: (key, error) => heard.push(`crashed ${key}: ${error}`),
    },
  });
  const started: string[] = [];
  const held: Handler<string> = (key, { priority, signal }) => {
    started.push(`${key}${{ triggered: "!", due: "", retried: "?" }[priority]}@${clock.now()}`);
    const end = Promise.withResolvers<Ended>();
    runs.set(key, { ...end, signal });
    return end.promise;
  };
  const abort = new AbortController();
  const done = queue.run(handler ?? held, abort.signal);
  const stop = async () => {
    abort.abort();
    for (const run of runs.values()) run.resolve();
    await done;
    assert.equal(clock.pending, 0);
  };
  return { clock, queue, started, heard, runs, abort, done, stop };
}

Deno.test("WorkQueue.add() runs a key once, at its earliest time", async () => {
  const { clock, queue, started, stop } = startQueue();
  queue.add("a", { at: 500 });
  queue.add("a", { at: 200 });
  queue.add("a", { at: 900 });
  assert.equal(queue.plannedAt("a"), 200);
  await clock.advance(199);
  assert.deepEqual(started, []);
  await clock.advance(10_000);
  assert.deepEqual(started, ["a@200"]);
  await stop();
});

Deno.test("WorkQueue.add() during a run makes the key run again after it, triggered if asked", async () => {
  const { clock, queue, started, runs, stop } = startQueue();
  queue.add("a");
  await clock.advance(0);
  queue.add("a", { at: 700 });
  queue.add("a", { at: 5_000, priority: "triggered" });
  await clock.advance(1_000);
  assert.deepEqual(started, ["a@0"]);
  runs.get("a")!.resolve({ requeueAt: 60_000 });
  await clock.advance(1);
  assert.deepEqual(started, ["a@0", "a!@1000"]);
  await stop();
});

Deno.test("WorkQueue starts triggered keys before a thousand that are due, and turns the loop between", async () => {
  const { clock, queue, started, stop } = startQueue();
  for (let index = 0; index < 1_000; index++) queue.add(`bulk-${index}`);
  queue.add("early", { priority: "triggered" });
  // The queue's own timer for now stands before this one: it fires between the first turn and the second.
  clock.schedule(() => queue.add("late", { priority: "triggered" }), 0);
  await clock.advance(0);
  assert.equal(started.length, 1_002);
  assert.equal(started[0], "early!@0");
  assert.equal(started.indexOf("late!@0"), 16);
  assert.equal(started[1], "bulk-0@0");
  assert.equal(started.at(-1), "bulk-999@0");
  await stop();
});

Deno.test("WorkQueue starts due keys before retried ones, and one of these after seven of those", async () => {
  const { clock, queue, started, stop } = startQueue();
  for (let index = 0; index < 2; index++) queue.add(`failed-${index}`, { priority: "retried" });
  for (let index = 0; index < 20; index++) queue.add(`due-${index}`);
  queue.add("waited-for", { priority: "triggered" });
  queue.add("failed-1", { at: 60_000, priority: "triggered" });
  await clock.advance(0);
  assert.deepEqual(started.slice(0, 2), ["failed-1!@0", "waited-for!@0"]);
  assert.equal(started.indexOf("failed-0?@0"), 7);
  assert.equal(started.length, 23);
  await stop();
});

Deno.test("WorkQueue runs a key again as what its run wants, by default as due", async () => {
  const { clock, queue, started, runs, stop } = startQueue();
  for (const key of ["a", "b"]) queue.add(key, { priority: "triggered" });
  await clock.advance(0);
  runs.get("a")!.resolve({ requeueAt: 10, priority: "retried" });
  runs.get("b")!.resolve({ requeueAt: 10 });
  await clock.advance(10);
  assert.deepEqual(started.slice(2), ["b@10", "a?@10"]);
  await stop();
});

Deno.test("WorkQueue tells a run since when it is wanted", async () => {
  const clock = new ManualClock(1_000);
  const queue = new WorkQueue<string>({ clock });
  const due: number[] = [];
  const abort = new AbortController();
  queue.add("a", { at: 3_000 });
  queue.add("b", { at: 10 });
  const done = queue.run((_key, { dueAt }) => (due.push(dueAt), Promise.resolve()), abort.signal);
  await clock.advance(5_000);
  abort.abort();
  await done;
  assert.deepEqual(due, [1_000, 3_000]);
});

Deno.test("WorkQueue does not let a running key hold up another", async () => {
  const { clock, queue, started, stop } = startQueue();
  for (let index = 0; index < 1_000; index++) queue.add(`tarpit-${index}`);
  await clock.advance(30_000);
  queue.add("quick");
  await clock.advance(0);
  assert.equal(started.at(-1), "quick@30000");
  await stop();
});

Deno.test("WorkQueue.forget() drops what is planned, aborts the run and ignores its requeue", async () => {
  const { clock, queue, started, runs, stop } = startQueue();
  queue.add("planned", { at: 10 });
  queue.forget("planned");
  queue.add("running");
  await clock.advance(20);
  queue.add("running");
  queue.forget("running");
  assert.equal(runs.get("running")!.signal.aborted, true);
  runs.get("running")!.resolve({ requeueAt: 30 });
  await clock.advance(100);
  assert.deepEqual(started, ["running@0"]);
  queue.add("running");
  await clock.advance(0);
  assert.deepEqual(started, ["running@0", "running@120"]);
  await stop();
});

Deno.test("WorkQueue.run() drains: starts no more, aborts what runs and waits for it", async () => {
  const { clock, queue, started, runs, abort, done } = startQueue();
  queue.add("a", { priority: "triggered" });
  await clock.advance(0);
  queue.add("b");
  let isDone = false;
  void done.then(() => isDone = true);
  abort.abort();
  await clock.advance(1_000);
  assert.equal(runs.get("a")!.signal.aborted, true);
  assert.deepEqual([started, isDone], [["a!@0"], false]);
  runs.get("a")!.reject(new Error("given up"));
  await done;
  assert.equal(clock.pending, 0);

  const again: string[] = [];
  const second = new AbortController();
  const rerun = queue.run((key, { priority }) => {
    again.push(`${key}${{ triggered: "!", due: "", retried: "?" }[priority]}`);
    return Promise.resolve();
  }, second.signal);
  await clock.advance(0);
  second.abort();
  await rerun;
  assert.deepEqual(again, ["a!", "b"]);
});

Deno.test("WorkQueue.run() refuses to run twice, and returns at once if aborted before", async () => {
  const { queue, stop } = startQueue();
  const never = () => Promise.reject(new Error("unreachable"));
  await assert.rejects(queue.run(never, new AbortController().signal), {
    message: "Cannot run the queue: it is running already",
  });
  await stop();
  await queue.run(never, AbortSignal.abort());
});

Deno.test("WorkQueue outlives a handler that throws, and tries the key again after a minute", async () => {
  const { clock, queue, heard, stop } = startQueue(() => {
    throw new TypeError("a bug");
  });
  queue.add("a");
  await clock.advance(0);
  assert.equal(queue.plannedAt("a"), 60_000);
  assert.ok(heard.includes("crashed a: TypeError: a bug"));
  await stop();
});

Deno.test("WorkQueue sleeps through delays that setTimeout cannot hold, with one timer", async () => {
  const { clock, queue, started, stop } = startQueue();
  const month = 31 * 24 * 3_600_000;
  const delays: number[] = [];
  const schedule = clock.schedule.bind(clock);
  clock.schedule = (callback, delayMs) => {
    delays.push(delayMs);
    return schedule(callback, delayMs);
  };
  for (let index = 0; index < 100; index++) queue.add(`k${index}`, { at: month - index });
  assert.equal(clock.pending, 1);
  await clock.advance(month);
  assert.equal(started.length, 100);
  assert.ok(Math.max(...delays) < 2 ** 31);
  await stop();
});

Deno.test("WorkQueue tells its observer what the workqueue metrics count", async () => {
  const { clock, queue, heard, runs, stop } = startQueue();
  queue.add("a", { at: 100 });
  queue.add("a", { at: 50 });
  assert.equal(queue.depth, 0);
  await clock.advance(50);
  queue.add("a");
  await clock.advance(30);
  assert.deepEqual([queue.depth, queue.runningMs], [1, [30]]);
  runs.get("a")!.resolve({ requeueAt: 500 });
  await settle();
  await clock.advance(0);
  runs.get("a")!.resolve({ requeueAt: 600 });
  await settle();
  assert.deepEqual(heard, [
    "added a",
    "started a after 0",
    "added a",
    "finished a after 30",
    "requeued a",
    "started a after 30",
    "finished a after 0",
    "requeued a",
    "added a",
  ]);
  assert.equal(queue.plannedAt("a"), 600);
  await stop();
});

Deno.test("WorkQueue counts the wait of a key from its adding if it was due before", async () => {
  const { clock, queue, heard, stop } = startQueue();
  await clock.advance(1_000);
  queue.add("a", { at: 10 });
  await clock.advance(0);
  assert.deepEqual(heard, ["added a", "started a after 0"]);
  await stop();
});

Deno.test("WorkQueue keeps every key while one of them is moved a thousand times", async () => {
  const { clock, queue, started, stop } = startQueue();
  queue.add("b", { at: 3_000, priority: "triggered" });
  queue.add("c", { at: 4_000 });
  for (let at = 2_000; at > 1_000; at--) queue.add("a", { at });
  await clock.advance(5_000);
  assert.deepEqual(started, ["a@1001", "b!@3000", "c@4000"]);
  await stop();
});
