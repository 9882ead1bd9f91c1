import assert from "node:assert/strict";
import { ManualClock } from "../../tests/manual_clock.ts";
import { CallBudget } from "./call_budget.ts";

Deno.test("CallBudget allows a burst, then so many a second, and saves up no more than a burst", async () => {
  const clock = new ManualClock();
  const budget = new CallBudget({ clock, perSecond: 2, burst: 3 });
  const takeAll = () => {
    let taken = 0;
    while (budget.take()) taken++;
    return taken;
  };
  assert.equal(takeAll(), 3);
  await clock.advance(499);
  assert.equal(takeAll(), 0);
  await clock.advance(1);
  assert.equal(takeAll(), 1);
  await clock.advance(60_000);
  assert.equal(takeAll(), 3);
});

Deno.test("CallBudget goes on at once when the clock is set back", async () => {
  const clock = new ManualClock();
  const budget = new CallBudget({ clock, perSecond: 1, burst: 2 });
  assert.ok(budget.take());
  clock.jump(-600_000);
  assert.ok(budget.take());
  assert.ok(!budget.take());
  await clock.advance(1_000);
  assert.ok(budget.take());
});
