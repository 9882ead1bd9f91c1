import { strict as assert } from "node:assert";
import type { HostLimits } from "../core/host_limits.ts";
import {
  freePace,
  gapOf,
  type HostPace,
  isForgettable,
  nextRequestAt,
  paceAfterAnswer,
  paceAfterRequest,
} from "./host_pace.ts";

const minute = 60_000;
const refusal: HostLimits = { isRefusal: true };

/** One request and its answer at once. */
function exchange(pace: HostPace, now: number, limits?: HostLimits): HostPace {
  const isSuccess = limits?.isRefusal !== true;
  const answer = { now, sentAt: now, isSuccess, limits, inFlight: 0 };
  return paceAfterAnswer(paceAfterRequest(pace, now), answer);
}

Deno.test("paceAfterAnswer() doubles the gap with each refusal, up to 10 s", () => {
  let pace = freePace;
  const gaps = Array.from({ length: 9 }, (_, now) => (pace = exchange(pace, now, refusal)).gapMs);
  assert.deepEqual(gaps, [100, 200, 400, 800, 1_600, 3_200, 6_400, 10_000, 10_000]);
});

Deno.test("paceAfterAnswer() takes refusals of requests sent before the gap grew for the same one", () => {
  const before = paceAfterRequest(freePace, 10);
  const answer = { isSuccess: false, limits: refusal, inFlight: 1 };
  const first = paceAfterAnswer(before, { ...answer, now: 20, sentAt: 10 });
  const second = paceAfterAnswer(first, { ...answer, now: 25, sentAt: 15 });
  assert.deepEqual([first.gapMs, second.gapMs], [100, 100]);
  assert.equal(paceAfterAnswer(second, { ...answer, now: 40, sentAt: 30 }).gapMs, 200);
});

Deno.test("paceAfterAnswer() takes a sixteenth off the gap with each success, until there is none", () => {
  let pace = exchange(freePace, 0, refusal);
  const gaps: number[] = [];
  while (pace.gapMs > 0) gaps.push((pace = exchange(pace, 1)).gapMs);
  assert.deepEqual(gaps.slice(0, 2), [93.75, 87.890625]);
  assert.equal(gaps.length, 36);
  assert.ok(gaps.at(-2)! >= 10);
});

Deno.test("paceAfterAnswer() lets one go alone after a refusal or a hold, then twice as many", () => {
  for (const limits of [refusal, { isRefusal: false, holdMs: minute }]) {
    let pace = exchange(freePace, 0, limits);
    const windows = [pace.window];
    for (let success = 0; success < 4; success++) {
      windows.push((pace = exchange(pace, minute)).window);
    }
    assert.deepEqual(windows, [1, 2, 4, 8, Infinity]);
  }
});

Deno.test("paceAfterAnswer() leaves everything as it was after any other failure", () => {
  const pace = exchange(freePace, 0, refusal);
  const answer = { now: 5, sentAt: 5, isSuccess: false, limits: undefined, inFlight: 0 };
  assert.deepEqual(paceAfterAnswer(pace, answer), pace);
});

Deno.test("nextRequestAt() keeps to a hold that an earlier request's answer does not take back", () => {
  const held = exchange(freePace, 0, { isRefusal: false, holdMs: minute });
  const late = paceAfterAnswer(held, {
    ...{ now: 10, sentAt: 0, isSuccess: true, inFlight: 0 },
    limits: { isRefusal: false, holdMs: 1_000, budget: { left: 9, resetMs: 1_000 } },
  });
  for (const pace of [held, late]) {
    assert.equal(nextRequestAt(pace, { now: 10, waiting: 1 }), minute);
  }
});

Deno.test("nextRequestAt() waits for the gap since the last request", () => {
  const pace = exchange(exchange(freePace, 0, refusal), 5_000, refusal);
  assert.equal(nextRequestAt(pace, { now: 5_001, waiting: 1 }), 5_200);
  assert.equal(nextRequestAt(freePace, { now: 7, waiting: 1_000 }) <= 7, true);
});

const budgets = [
  { name: "enough for all is not spread", left: 10, waiting: 10, gap: 0 },
  {
    name: "less than that is spread over the rest of its window",
    left: 10,
    waiting: 11,
    gap: 5_000,
  },
  { name: "no gap of it is longer than 10 s", left: 1, waiting: 500, gap: 10_000 },
  { name: "nor shorter than refusals taught", left: 1e6, waiting: 2e6, gapMs: 100, gap: 100 },
  { name: "it ends with its window", left: 1, waiting: 500, now: minute, gap: 0 },
];
for (const { name, left, waiting, gapMs = 0, now = 10_000, gap } of budgets) {
  Deno.test(`gapOf() what is left of a window: ${name}`, () => {
    const pace = { ...freePace, gapMs, budget: { left, resetAt: minute } };
    assert.equal(gapOf(pace, { now, waiting }), gap);
  });
}

Deno.test("paceAfterAnswer() counts requests on their way against what is left", () => {
  const limits = { isRefusal: false, budget: { left: 5, resetMs: minute } };
  const pace = paceAfterAnswer(freePace, {
    now: 0,
    sentAt: 0,
    isSuccess: true,
    limits,
    inFlight: 7,
  });
  assert.deepEqual(pace.budget, { left: 0, resetAt: minute });
  assert.equal(exchange(pace, minute).budget, undefined);
});

Deno.test("isForgettable() what asks for nothing, at once; what was learned, after ten idle minutes", () => {
  const hour = 60 * minute;
  const cases: readonly [HostPace, number][] = [
    [exchange(freePace, 0), 0],
    [exchange(freePace, 0, { isRefusal: false, budget: { left: 5, resetMs: hour } }), hour],
    [exchange(freePace, 0, refusal), 10 * minute + 1],
    [exchange(freePace, 0, { isRefusal: true, holdMs: hour }), hour + 10 * minute + 1],
  ];
  for (const [pace, from] of cases) {
    assert.deepEqual([from > 0 && isForgettable(pace, from - 1), isForgettable(pace, from)], [
      false,
      true,
    ]);
  }
});
