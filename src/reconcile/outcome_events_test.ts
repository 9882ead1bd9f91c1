import assert from "node:assert/strict";
import type { ExternalSourceStatus } from "../core/external_source.ts";
import {
  artifactOf,
  conditionOf,
  externalArtifactOf,
  sourceOf,
} from "../../tests/source_fixtures.ts";
import { addressEvent, eventOf } from "./outcome_events.ts";

function status(
  digit: string | undefined,
  conditions: string[],
  message?: string,
): ExternalSourceStatus {
  return {
    ...(digit === undefined ? {} : { artifact: artifactOf(digit) }),
    conditions: conditions.map((each) => conditionOf(each, message)),
  };
}
const ready = (digit = "a") => status(digit, ["Ready=True/Succeeded"]);
const failing = (message?: string) =>
  status("a", ["Ready=False/FetchFailed", "Reconciling=True/ProgressingWithRetry"], message);
const exhausted = (message?: string) =>
  status("a", ["Ready=False/FetchFailed", "Stalled=True/RetriesExhausted"], message);
const invalid = (message?: string) =>
  status("a", ["Ready=False/InvalidURL", "Stalled=True/InvalidURL"], message);

const cases: readonly {
  name: string;
  before: ExternalSourceStatus;
  after: ExternalSourceStatus;
  told: string | undefined;
}[] = [
  { name: "a first artifact", before: {}, after: ready(), told: "Normal NewArtifact" },
  { name: "a new artifact", before: ready(), after: ready("b"), told: "Normal NewArtifact" },
  {
    name: "a new artifact after a failure",
    before: failing(),
    after: ready("b"),
    told: "Normal NewArtifact",
  },
  { name: "a recovery", before: failing(), after: ready(), told: "Normal Succeeded" },
  {
    name: "a recovery from a stall",
    before: exhausted(),
    after: ready(),
    told: "Normal Succeeded",
  },
  { name: "nothing new", before: ready(), after: ready(), told: undefined },
  { name: "a first failure", before: ready(), after: failing(), told: "Warning FetchFailed" },
  { name: "a failure of a new source", before: {}, after: failing(), told: "Warning FetchFailed" },
  { name: "a retry", before: failing(), after: failing(), told: undefined },
  {
    name: "a retry with another message",
    before: failing("x"),
    after: failing("y"),
    told: undefined,
  },
  {
    name: "a failure of another kind",
    before: failing(),
    after: status("a", ["Ready=False/StorageOperationFailed"]),
    told: "Warning StorageOperationFailed",
  },
  {
    name: "exhausted retries",
    before: failing(),
    after: exhausted(),
    told: "Warning RetriesExhausted",
  },
  {
    name: "exhausted retries again",
    before: exhausted("x"),
    after: exhausted("y"),
    told: undefined,
  },
  { name: "a wrong spec", before: exhausted(), after: invalid(), told: "Warning InvalidURL" },
  { name: "the same wrong spec", before: invalid("x"), after: invalid("x"), told: undefined },
  {
    name: "a spec that is wrong in another way",
    before: invalid("x"),
    after: invalid("y"),
    told: "Warning InvalidURL",
  },
  { name: "no condition at all", before: ready(), after: {}, told: undefined },
  {
    name: "a suspended new source",
    before: {},
    after: status(undefined, ["Ready=Unknown/Suspended"]),
    told: undefined,
  },
];
for (const { name, before, after, told } of cases) {
  Deno.test(`eventOf() ${name}: ${told ?? "nothing"}`, () => {
    const event = eventOf(before, after);
    assert.equal(event && `${event.type} ${event.reason}`, told);
    assert.equal(event?.metadata?.["revision"], event && after.artifact?.revision);
  });
}

Deno.test("addressEvent() tells of the source, and of its ExternalArtifact if it has one", () => {
  const body = { type: "Normal", reason: "NewArtifact", message: "m" } as const;
  const [source, artifact] = [sourceOf(), externalArtifactOf()];
  const alone = addressEvent(body, { source, artifact: undefined }, 7);
  assert.deepEqual(alone.map(({ involvedObject }) => involvedObject.kind), ["ExternalSource"]);
  const both = addressEvent(body, { source, artifact }, 7);
  assert.deepEqual(
    both.map(({ involvedObject: { kind, apiVersion, uid } }) => [kind, apiVersion, uid]),
    [
      ["ExternalSource", "source.flux.oddkin.co/v1alpha1", "uid-1"],
      ["ExternalArtifact", "source.toolkit.fluxcd.io/v1", "uid-2"],
    ],
  );
  assert.ok(both.every(({ time, reason }) => time === 7 && reason === "NewArtifact"));
});
