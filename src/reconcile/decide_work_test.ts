import assert from "node:assert/strict";
import { requestedAtAnnotation } from "../core/api_names.ts";
import type { ExternalSourceStatus } from "../core/external_source.ts";
import { artifactOf, externalArtifactOf, sourceOf } from "../../tests/source_fixtures.ts";
import { decideWork, unwrittenOf, type WorkFacts } from "./decide_work.ts";
import type { Unstored, Unwritten } from "./source_memory.ts";

const now = 1_000;
const settled: ExternalSourceStatus = { observedGeneration: 1, artifact: artifactOf("a") };
const calm = {
  nextFetchAt: now + 1,
  holdUntil: 0,
  refusedUnder: undefined,
  unstored: undefined,
  unwritten: undefined,
} as const;
const quiet: WorkFacts = {
  source: sourceOf({ status: settled }),
  artifact: externalArtifactOf(),
  memory: calm,
  isSuspended: false,
  stored: true,
  file: undefined,
  rules: undefined,
  now,
};
const due = { ...calm, nextFetchAt: now };
const held = { ...due, holdUntil: now + 1 };
const requested = { annotations: { [requestedAtAnnotation]: "1" } };
const asked = sourceOf({ status: settled, metadata: requested });
const askedOfArtifact = externalArtifactOf({ metadata: requested });
const newSpec = sourceOf({ status: settled, metadata: { generation: 2 } });
const neverSaid = sourceOf();
const unstored: Unstored = {
  document: {
    fingerprint: "f",
    sha256: "s",
    path: "data",
    validators: {},
    content: artifactOf("b"),
  },
  nextFetchAt: now,
};
const file = { file: "kept", size: 1, digest: artifactOf("b").digest };
const refused = { ...due, unstored };
const unwrittenFor = (source?: string, artifact?: string): Unwritten => ({
  generation: 1,
  outcome: { kind: "kept", artifact: undefined, isSuspended: false },
  handled: { source, artifact },
  failures: 0,
  next: undefined,
});
const lost = { ...calm, unwritten: unwrittenFor() };

const cases: readonly { name: string; facts: Partial<WorkFacts>; work: string }[] = [
  { name: "nothing", facts: {}, work: "keep" },
  { name: "a new source", facts: { source: neverSaid }, work: "fetch: spec-changed" },
  { name: "a new spec", facts: { source: newSpec }, work: "fetch: spec-changed" },
  {
    name: "a new spec in a hold",
    facts: { source: newSpec, memory: held },
    work: "fetch: spec-changed",
  },
  { name: "a trigger", facts: { source: asked }, work: "fetch: requested" },
  {
    name: "a trigger of the ExternalArtifact",
    facts: { artifact: askedOfArtifact },
    work: "fetch: requested",
  },
  { name: "a trigger in a hold", facts: { source: asked, memory: held }, work: "keep" },
  { name: "the end of the interval", facts: { memory: due }, work: "fetch: interval" },
  { name: "a lost artifact", facts: { stored: false }, work: "fetch: artifact-missing" },

  {
    name: "suspended, though due, asked and new",
    facts: {
      isSuspended: true,
      memory: due,
      source: sourceOf({ status: settled, metadata: { ...requested, generation: 2 } }),
    },
    work: "keep",
  },
  {
    name: "suspended, and lost by the store",
    facts: { isSuspended: true, stored: false },
    work: "fetch: artifact-missing",
  },
  {
    name: "suspended, and lost in a hold",
    facts: { isSuspended: true, stored: false, memory: held },
    work: "keep",
  },
  {
    name: "suspended before there was an artifact",
    facts: { isSuspended: true, stored: false, source: neverSaid },
    work: "keep",
  },

  { name: "what the store refused", facts: { memory: refused, file }, work: "store" },
  { name: "what it refused, not kept", facts: { memory: refused }, work: "fetch: interval" },
  {
    name: "what it refused, not due",
    facts: { memory: { ...calm, unstored }, file },
    work: "keep",
  },
  {
    name: "what it refused, and a trigger",
    facts: { memory: refused, file, source: asked },
    work: "fetch: requested",
  },
  {
    name: "what it refused, and a new spec",
    facts: { memory: refused, file, source: newSpec },
    work: "fetch: spec-changed",
  },

  {
    name: "what it refused, made under a whitelist that refuses now",
    facts: { memory: { ...calm, refusedUnder: "old", unstored }, file, rules: "new" },
    work: "fetch: whitelist-changed",
  },

  { name: "a lost write", facts: { memory: lost }, work: "write" },
  { name: "the first lost write", facts: { memory: lost, source: neverSaid }, work: "write" },
  {
    name: "a lost write of another spec",
    facts: { memory: lost, source: newSpec },
    work: "fetch: spec-changed",
  },
  {
    name: "a lost write that answers the trigger",
    facts: { memory: { ...calm, unwritten: unwrittenFor("1") }, source: asked },
    work: "write",
  },
  {
    name: "a lost write that answers the trigger of the ExternalArtifact",
    facts: { memory: { ...calm, unwritten: unwrittenFor("0", "1") }, artifact: askedOfArtifact },
    work: "write",
  },
  {
    name: "a lost write and a new trigger",
    facts: { memory: { ...calm, unwritten: unwrittenFor("0") }, source: asked },
    work: "fetch: requested",
  },
  {
    name: "a lost write and the end of the interval",
    facts: { memory: { ...due, unwritten: unwrittenFor() } },
    work: "fetch: interval",
  },
];
for (const { name, facts, work } of cases) {
  Deno.test(`decideWork() ${name}: ${work}`, () => {
    const decided = decideWork({ ...quiet, ...facts });
    assert.equal("reason" in decided ? `fetch: ${decided.reason}` : decided.kind, work);
    if (decided.kind === "store") assert.deepEqual(decided, { kind: "store", unstored, file });
    if (decided.kind === "write") assert.equal(decided.unwritten, facts.memory?.unwritten);
  });
}

Deno.test("unwrittenOf() only of the generation that it was made from", () => {
  const memory = { unwritten: unwrittenFor() };
  assert.equal(unwrittenOf({ source: quiet.source, memory }), memory.unwritten);
  assert.equal(unwrittenOf({ source: newSpec, memory }), undefined);
});
