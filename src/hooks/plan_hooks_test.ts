import assert from "node:assert/strict";
import { allSteps, planHooks } from "./plan_hooks.ts";

const hook = { name: "to-yaml", command: "yq" };

Deno.test("planHooks() gives each hook its place, its defaults and what it asks for", () => {
  const env = [{ name: "A", value: "1" }, { name: "B", value: "" }];
  const full = { ...hook, args: ["-P"], timeout: "1m30s", retryPolicy: "retry" as const, env };
  const plan = planHooks({ preRequest: [hook], postRequest: [full, hook] }, 30_000);
  const call = { command: "yq", args: [], env: {}, timeoutMs: 30_000 };
  const step = { name: "to-yaml", retryPolicy: "fail", call } as const;
  assert.deepEqual(plan, {
    preRequest: [{ ...step, phase: "preRequest", place: 1, count: 1 }],
    postRequest: [
      {
        ...{ ...step, phase: "postRequest", place: 1, count: 2, retryPolicy: "retry" },
        call: { command: "yq", args: ["-P"], env: { A: "1", B: "" }, timeoutMs: 90_000 },
      },
      { ...step, phase: "postRequest", place: 2, count: 2 },
    ],
  });
  assert.deepEqual(allSteps(plan).map(({ phase, place }) => `${phase} ${place}`), [
    "preRequest 1",
    "postRequest 1",
    "postRequest 2",
  ]);
});

for (const [timeout, ms] of [["", 30_000], ["250ms", 250], ["1h", 300_000]] as const) {
  Deno.test(`planHooks() time-out "${timeout}": ${ms} ms`, () => {
    const { postRequest: [step] } = planHooks({ postRequest: [{ ...hook, timeout }] }, 30_000);
    assert.equal(step?.call.timeoutMs, ms);
  });
}

for (const timeout of ["0s", "30", "-1s", "canary"]) {
  Deno.test(`planHooks() refuses the time-out "${timeout}" and says where it stands`, () => {
    assert.throws(() => planHooks({ postRequest: [hook, { ...hook, timeout }] }, 1), {
      class: "configuration",
      reason: "InvalidHook",
      message:
        "Cannot use spec.hooks.postRequest[1].timeout: it is not a duration such as 30s or 1m30s",
    });
  });
}

Deno.test("planHooks() of a source without hooks makes nothing", () => {
  assert.equal(planHooks(undefined, 1), planHooks(undefined, 2));
  assert.deepEqual(allSteps(planHooks({}, 1)), []);
});
