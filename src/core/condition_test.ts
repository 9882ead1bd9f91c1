import assert from "node:assert/strict";
import { type Condition, withCondition, withoutConditions } from "./condition.ts";

const ready: Condition = {
  type: "Ready",
  status: "True",
  reason: "Succeeded",
  message: "stored",
  lastTransitionTime: "2026-01-01T00:00:00Z",
  observedGeneration: 1,
};
const later = "2026-02-01T00:00:00Z";

Deno.test("withCondition() keeps the time of a condition whose status stays", () => {
  const [next] = withCondition([ready], { ...ready, message: "stored anew" }, later);
  assert.deepEqual(next, { ...ready, message: "stored anew" });
});

Deno.test("withCondition() dates a condition whose status changes", () => {
  const [next] = withCondition([ready], { ...ready, status: "False" }, later);
  assert.equal(next?.lastTransitionTime, later);
});

Deno.test("withCondition() appends a new type and leaves the others alone", () => {
  const stalled = {
    type: "Stalled",
    status: "True",
    reason: "InvalidURL",
    message: "bad",
  } as const;
  assert.deepEqual(withCondition([ready], stalled, later), [ready, {
    ...stalled,
    lastTransitionTime: later,
  }]);
});

Deno.test("withoutConditions() removes the named types only", () => {
  assert.deepEqual(withoutConditions([ready], "Stalled"), [ready]);
  assert.deepEqual(withoutConditions([ready], "Stalled", "Ready"), []);
});
