import assert from "node:assert/strict";
import { requestedAtAnnotation } from "../core/api_names.ts";
import type { ExternalSourceStatus } from "../core/external_source.ts";
import { artifactOf, externalArtifactOf, sourceOf } from "../../tests/source_fixtures.ts";
import { fetchReason, isRequested, requestsOf, type TriggerFacts } from "./trigger.ts";

const settled: ExternalSourceStatus = { observedGeneration: 1, artifact: artifactOf("a") };
const requested = { annotations: { [requestedAtAnnotation]: "1" } };
const now = 1_000;
const quiet: TriggerFacts = {
  source: sourceOf({ status: settled }),
  artifact: externalArtifactOf(),
  memory: { nextFetchAt: now + 1, holdUntil: 0, refusedUnder: undefined },
  rules: undefined,
  stored: true,
  now,
};
const held = { nextFetchAt: now - 1, holdUntil: now + 1, refusedUnder: undefined };
const refused = { ...quiet.memory, refusedUnder: "old" };
const newSpec = sourceOf({ status: settled, metadata: { generation: 2, ...requested } });
const asked = sourceOf({ status: settled, metadata: requested });

const cases: readonly { name: string; facts: Partial<TriggerFacts>; reason: string | undefined }[] =
  [
    { name: "nothing", facts: {}, reason: undefined },
    { name: "a new source", facts: { source: sourceOf() }, reason: "spec-changed" },
    { name: "a new spec", facts: { source: newSpec }, reason: "spec-changed" },
    {
      name: "a new spec in a hold",
      facts: { source: newSpec, memory: held },
      reason: "spec-changed",
    },
    { name: "a trigger", facts: { source: asked }, reason: "requested" },
    {
      name: "a trigger on the ExternalArtifact",
      facts: { artifact: externalArtifactOf({ metadata: requested }) },
      reason: "requested",
    },
    { name: "a trigger in a hold", facts: { source: asked, memory: held }, reason: undefined },
    {
      name: "the end of the interval",
      facts: { memory: { ...quiet.memory, nextFetchAt: now, holdUntil: now } },
      reason: "interval",
    },
    { name: "the end of the interval in a hold", facts: { memory: held }, reason: undefined },
    {
      name: "another whitelist than the one that refused its hooks",
      facts: { memory: refused, rules: "new" },
      reason: "whitelist-changed",
    },
    {
      name: "another whitelist in a hold",
      facts: { memory: { ...held, refusedUnder: "old" }, rules: "new" },
      reason: undefined,
    },
    {
      name: "the whitelist that refused its hooks",
      facts: { memory: refused, rules: "old" },
      reason: undefined,
    },
    { name: "a lost artifact", facts: { stored: false }, reason: "artifact-missing" },
    {
      name: "a lost artifact in a hold",
      facts: { stored: false, memory: held },
      reason: undefined,
    },
    {
      name: "no artifact yet",
      facts: { stored: false, source: sourceOf({ status: { observedGeneration: 1 } }) },
      reason: undefined,
    },
  ];
for (const { name, facts, reason } of cases) {
  Deno.test(`fetchReason() ${name}: ${reason ?? "none"}`, () => {
    assert.equal(fetchReason({ ...quiet, ...facts }), reason);
  });
}

Deno.test("isRequested() until the very value is answered, each in its own field", () => {
  const answered = (status: ExternalSourceStatus) =>
    !isRequested(sourceOf({ status, metadata: requested }), undefined);
  assert.equal(answered({ lastHandledReconcileAt: "1" }), true);
  assert.equal(answered({ lastHandledReconcileAt: "0" }), false);
  assert.equal(answered({ lastHandledArtifactReconcileAt: "1" }), false);
  const artifact = externalArtifactOf({ metadata: requested });
  assert.equal(isRequested(sourceOf({ status: { lastHandledReconcileAt: "1" } }), artifact), true);
  assert.equal(
    isRequested(sourceOf({ status: { lastHandledArtifactReconcileAt: "1" } }), artifact),
    false,
  );
  assert.equal(isRequested(sourceOf(), undefined), false);
});

Deno.test("requestsOf() reads both objects, also an empty value", () => {
  const empty = sourceOf({ metadata: { annotations: { [requestedAtAnnotation]: "" } } });
  assert.deepEqual(requestsOf(empty, undefined), { source: "", artifact: undefined });
});
