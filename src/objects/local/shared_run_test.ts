import assert from "node:assert/strict";
import { settle } from "../../../tests/settle.ts";
import { SharedRun } from "./shared_run.ts";

function manual() {
  const running: PromiseWithResolvers<void>[] = [];
  const shared = new SharedRun(() => {
    running.push(Promise.withResolvers<void>());
    return running.at(-1)!.promise;
  });
  return { shared, running };
}

Deno.test("run() shares one following run among all who ask while one is under way", async () => {
  const { shared, running } = manual();
  const first = shared.run();
  await settle();
  const second = shared.run();
  const third = shared.run();
  await settle();
  assert.equal(running.length, 1);
  running[0]!.resolve();
  await first;
  await settle();
  assert.equal(running.length, 2);
  running[1]!.resolve();
  await Promise.all([second, third]);
  await settle();
  assert.equal(running.length, 2);
});

Deno.test("run() gives an error to those who asked for that run and goes on", async () => {
  const { shared, running } = manual();
  const failing = shared.run();
  await settle();
  const next = shared.run();
  running[0]!.reject(new Error("broken"));
  await assert.rejects(failing, /broken/);
  await settle();
  running[1]!.resolve();
  await next;
});

Deno.test("idle() waits for what was asked for", async () => {
  const { shared, running } = manual();
  let idle = false;
  await shared.idle();
  void shared.run();
  const waiting = shared.idle().then(() => idle = true);
  await settle();
  assert.equal(idle, false);
  running[0]!.resolve();
  await waiting;
});
