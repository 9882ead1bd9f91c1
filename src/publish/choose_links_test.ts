import assert from "node:assert/strict";
import { ManualClock } from "../../tests/manual_clock.ts";
import { chooseLinks } from "./choose_links.ts";

async function choose(answers: readonly (boolean | undefined | Error)[]) {
  const clock = new ManualClock();
  const abort = new AbortController();
  const told: unknown[] = [];
  const left = [...answers];
  const running = chooseLinks({
    anonymousRead: () => {
      const answer = left.shift();
      return answer instanceof Error ? Promise.reject(answer) : Promise.resolve(answer);
    },
    clock,
    onChoice: (mode) => told.push(mode),
    onProblem: (error) => told.push(error),
  }, abort.signal);
  await clock.advance(30_000 * (answers.length - 1));
  abort.abort();
  await running;
  assert.equal(clock.pending, 0);
  return { told, left };
}

Deno.test("chooseLinks() sends consumers to a store that anybody can read", async () => {
  assert.deepEqual((await choose([true])).told, ["direct"]);
});

Deno.test("chooseLinks() serves what not everybody can read", async () => {
  assert.deepEqual((await choose([false])).told, ["gateway"]);
});

Deno.test("chooseLinks() asks again until the answer is clear, and then no more", async () => {
  const failure = new Error("refused");
  const { told, left } = await choose([undefined, failure, undefined, true, false]);
  assert.deepEqual(told, [failure, "direct"]);
  assert.deepEqual(left, [false]);
});

Deno.test("chooseLinks() ends when it is aborted, with nothing decided", async () => {
  assert.deepEqual((await choose([undefined, undefined])).told, []);
});
