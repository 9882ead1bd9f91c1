import { strict as assert } from "node:assert";
import { KeyQueue } from "./key_queue.ts";

Deno.test("KeyQueue runs jobs of one key one after the other, and those of others beside them", async () => {
  const queue = new KeyQueue();
  const log: string[] = [];
  const { promise, resolve } = Promise.withResolvers<void>();
  const job = (name: string, wait?: Promise<void>) => async () => {
    log.push(`${name} begins`);
    await wait;
    log.push(`${name} ends`);
    return name;
  };
  const first = queue.run("a", job("first", promise));
  const second = queue.run("a", job("second"));
  assert.equal(await queue.run("b", job("other")), "other");
  assert.deepEqual(log, ["first begins", "other begins", "other ends"]);
  resolve();
  assert.deepEqual(await Promise.all([first, second]), ["first", "second"]);
  assert.deepEqual(log.slice(3), ["first ends", "second begins", "second ends"]);
});

Deno.test("KeyQueue goes on after a job that failed, and tells its caller", async () => {
  const queue = new KeyQueue();
  const failing = queue.run("a", () => Promise.reject(new Error("failed")));
  const next = queue.run("a", () => Promise.resolve("done"));
  await assert.rejects(failing, /failed/);
  assert.equal(await next, "done");
});

Deno.test("KeyQueue is idle when everything has ended, also what was given meanwhile", async () => {
  const queue = new KeyQueue();
  const ended: string[] = [];
  const { promise, resolve } = Promise.withResolvers<void>();
  const first = queue.run("a", async () => {
    await promise;
    void queue.run("b", () => Promise.resolve().then(() => void ended.push("b")));
    ended.push("a");
  });
  const idle = queue.idle();
  resolve();
  await idle;
  assert.deepEqual(ended, ["a", "b"]);
  await first;
});
