import assert from "node:assert/strict";
import { settle } from "../../tests/settle.ts";
import { TaskPool } from "./task_pool.ts";

Deno.test("TaskPool runs as many at once as it may, and no more", async () => {
  const pool = new TaskPool(3);
  const ends: (() => void)[] = [];
  let most = 0;
  let running = 0;
  const task = async () => {
    most = Math.max(most, ++running);
    await new Promise<void>((resolve) => ends.push(resolve));
    running--;
  };
  const started = (async () => {
    for (let count = 0; count < 7; count++) await pool.start(task);
  })();
  while (ends.length < 7) {
    await settle();
    assert.equal(running, Math.min(3, 7));
    ends[ends.length - running]!();
    await settle();
  }
  await started;
  for (const end of ends) end();
  await pool.drained();
  assert.deepEqual([most, running], [3, 0]);
});

Deno.test("TaskPool tells the first failure when it is asked next, and lets the others end", async () => {
  const pool = new TaskPool(2);
  let hasEnded = false;
  await pool.start(async () => {
    await settle();
    hasEnded = true;
  });
  await pool.start(() => Promise.reject(new Error("first")));
  await assert.rejects(pool.drained(), { message: "first" });
  assert.equal(hasEnded, true);
  await assert.rejects(pool.start(() => Promise.resolve()), { message: "first" });
});
