import assert from "node:assert/strict";
import { StepError } from "../core/step_error.ts";
import { sourceOf } from "../../tests/source_fixtures.ts";
import { failureOf } from "./error_policy.ts";
import { failuresBefore } from "./failures_before.ts";
import type { Unwritten } from "./source_memory.ts";

const source = sourceOf({ status: { observedGeneration: 1, failures: 2 } });
/** One more than was worth a write. */
const memory = { failures: 3 };
const failure = failureOf(new StepError("x", { class: "transient", reason: "FetchFailed" }));
const unwritten: Unwritten = {
  generation: 1,
  outcome: { kind: "failed", failure, artifact: undefined },
  handled: { source: undefined, artifact: undefined },
  failures: 5,
  next: undefined,
};

Deno.test("failuresBefore() as it is remembered, under the same spec", () => {
  const of = (generation: number) =>
    failuresBefore({
      source: sourceOf({ status: source.status, metadata: { generation } }),
      memory,
      unwritten: undefined,
      isFollowed: true,
    });
  assert.deepEqual([of(1), of(2)], [3, 0]);
});

Deno.test("failuresBefore() knows of what no status tells, itself only if another fetch followed", () => {
  assert.equal(failuresBefore({ source, memory, unwritten, isFollowed: false }), 5);
  assert.equal(failuresBefore({ source, memory, unwritten, isFollowed: true }), 6);
});
