import assert from "node:assert/strict";
import { ManualClock } from "../../../tests/manual_clock.ts";
import { ExchangeTimer } from "./exchange_timer.ts";
import { HttpFailure } from "./http_failure.ts";

function create() {
  const clock = new ManualClock();
  const timer = new ExchangeTimer(clock, 30_000);
  const state = () => {
    if (!timer.signal.aborted) return "going";
    const reason: unknown = timer.signal.reason;
    assert.ok(reason instanceof HttpFailure);
    assert.equal(reason.details.timedOut, true);
    assert.equal(reason.details.class, "transient");
    return reason.message;
  };
  return { clock, timer, state };
}

Deno.test("ExchangeTimer says what it waited for when no headers come", async () => {
  for (const what of ["connection", "answer"] as const) {
    const { clock, timer, state } = create();
    timer.waitFor(what);
    await clock.advance(29_999);
    assert.equal(state(), "going");
    await clock.advance(1);
    assert.equal(state(), `no ${what} within 30s`);
    assert.equal(clock.pending, 0);
  }
});

Deno.test("ExchangeTimer ends a body that pauses", async () => {
  const { clock, timer, state } = create();
  timer.answered();
  timer.received(100 * 1024 * 1024);
  await clock.advance(29_999);
  assert.equal(state(), "going");
  timer.received(1);
  await clock.advance(29_999);
  assert.equal(state(), "going");
  await clock.advance(1);
  assert.equal(state(), "no data for 30s");
});

Deno.test("ExchangeTimer ends a body that drips when the first limit is over", async () => {
  const { clock, timer, state } = create();
  await clock.advance(1_000);
  timer.answered();
  for (let second = 1; second < 29; second++) {
    timer.received(1);
    await clock.advance(1_000);
  }
  assert.equal(state(), "going");
  timer.received(1);
  await clock.advance(1_000);
  assert.equal(state(), "slower than 64 KiB/s after 30s");
});

Deno.test("ExchangeTimer lets a body of 64 KiB/s go on, counted from its headers", async () => {
  const { clock, timer, state } = create();
  await clock.advance(29_000);
  timer.answered();
  for (let second = 0; second < 300; second++) {
    timer.received(65 * 1024);
    await clock.advance(1_000);
  }
  assert.equal(state(), "going");
  timer.stop();
  assert.equal(clock.pending, 0);
});
