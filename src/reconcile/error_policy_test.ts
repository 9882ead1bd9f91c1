import assert from "node:assert/strict";
import { type ErrorClass, StepError } from "../core/step_error.ts";
import { failureOf, type RetryRule } from "./error_policy.ts";

// The table of DESIGN §5: retry, counts towards RETRY_MAX_ATTEMPTS, Stalled.
const table: Readonly<Record<ErrorClass, readonly [RetryRule, boolean, boolean]>> = {
  transient: ["backoff", true, false],
  rejected: ["interval", false, false],
  secret: ["secret-backoff", false, false],
  configuration: ["spec-change", false, true],
  "name-conflict": ["interval", false, true],
  hook: ["backoff", true, false],
  "hook-not-allowed": ["spec-change", false, true],
  storage: ["backoff", true, false],
  "no-flux": ["flux-poll", false, false],
};
for (const [errorClass, row] of Object.entries(table)) {
  Deno.test(`failureOf() class ${errorClass}`, () => {
    const details = { class: errorClass as ErrorClass, reason: "Why", retryAfterMs: 5 };
    const error = new StepError("Cannot do it", details);
    const { retry, counts, stalled, ...said } = failureOf(error);
    assert.deepEqual([retry, counts, stalled], row);
    assert.deepEqual(said, { ...details, message: "Cannot do it", error });
  });
}

for (const error of [new TypeError("canary"), "canary", undefined, { message: "canary" }]) {
  Deno.test(`failureOf() of a bug (${typeof error}) says nothing of it`, () => {
    const { error: kept, ...failure } = failureOf(error);
    assert.equal(kept, error);
    assert.deepEqual([failure.reason, failure.retry, failure.counts], [
      "InternalError",
      "backoff",
      true,
    ]);
    assert.ok(!JSON.stringify(failure).includes("canary"));
  });
}
