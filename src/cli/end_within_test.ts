import assert from "node:assert/strict";
import { ManualClock } from "../../tests/manual_clock.ts";
import { settle } from "../../tests/settle.ts";
import { endWithin } from "./end_within.ts";

Deno.test("endWithin() leaves work behind that does not end in time, and counts from the abort", async () => {
  const [clock, ending] = [new ManualClock(), new AbortController()];
  let isOver = false;
  const options = { signal: ending.signal, patienceMs: 5_000, clock };
  const waiting = endWithin(new Promise(() => {}), options).then(() => isOver = true);
  await clock.advance(3_600_000);
  ending.abort();
  await clock.advance(4_999);
  assert.equal(isOver, false);
  await clock.advance(1);
  await waiting;
  await endWithin(Promise.resolve(), options);
  assert.equal(clock.pending, 0);
});

Deno.test("endWithin() ends with the work, and fails with it", async () => {
  const [clock, { signal }] = [new ManualClock(), new AbortController()];
  const options = { signal, patienceMs: 5_000, clock };
  await endWithin(Promise.resolve(), options);
  const failure = new Error("it failed");
  await assert.rejects(endWithin(Promise.reject(failure), options), failure);
  await settle();
  assert.equal(clock.pending, 0);
});
