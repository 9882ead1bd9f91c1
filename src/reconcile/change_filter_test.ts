import assert from "node:assert/strict";
import { legacyFinalizer, requestedAtAnnotation } from "../core/api_names.ts";
import type { ExternalArtifact } from "../core/external_artifact.ts";
import type { ExternalSource } from "../core/external_source.ts";
import type { ObjectChange } from "../objects/objects.ts";
import { ManualClock } from "../../tests/manual_clock.ts";
import { externalArtifactOf, sourceOf } from "../../tests/source_fixtures.ts";
import { type Reaction, reactionTo } from "./change_filter.ts";
import { initialMemory, type SourceMemory } from "./source_memory.ts";

const key = "team/config";
const old = sourceOf();
const request = { annotations: { [requestedAtAnnotation]: "1" } };

interface Case {
  readonly name: string;
  readonly kind: ObjectChange["kind"];
  readonly before: ObjectChange["before"];
  readonly after: ObjectChange["after"];
  /** The cached source, if it is not the one that changed. */
  readonly source?: ExternalSource;
  readonly memory?: Partial<SourceMemory>;
  readonly reaction: Reaction;
}

const source = (before: ExternalSource | undefined, after: ExternalSource | undefined) =>
  ({ kind: "ExternalSource", before, after }) as const;
const artifact = (before: ExternalArtifact | undefined, after: ExternalArtifact | undefined) =>
  ({ kind: "ExternalArtifact", before, after, source: old }) as const;
const written = externalArtifactOf({ metadata: { resourceVersion: "9" } });

const cases: readonly Case[] = [
  { name: "a new source", ...source(undefined, old), reaction: "reconcile" },
  { name: "a deleted source", ...source(old, undefined), reaction: "reconcile" },
  {
    name: "a source that is being deleted",
    ...source(old, sourceOf({ metadata: { deletionTimestamp: "2026-01-01T00:00:00Z" } })),
    reaction: "reconcile-urgently",
  },
  {
    name: "a new spec",
    ...source(old, sourceOf({ metadata: { generation: 2 } })),
    reaction: "reconcile-urgently",
  },
  {
    name: "another life of a source",
    ...source(old, sourceOf({ metadata: { uid: "uid-9" } })),
    reaction: "reconcile-urgently",
  },
  {
    name: "our own status",
    ...source(old, sourceOf({ status: { failures: 1 } })),
    reaction: "ignore",
  },
  {
    name: "a label",
    ...source(old, sourceOf({ metadata: { labels: { a: "b" } } })),
    reaction: "ignore",
  },
  {
    name: "the old finalizer",
    ...source(old, sourceOf({ metadata: { finalizers: [legacyFinalizer] } })),
    reaction: "reconcile-urgently",
  },
  {
    name: "another finalizer",
    ...source(old, sourceOf({ metadata: { finalizers: ["a.test/b"] } })),
    reaction: "ignore",
  },
  {
    name: "a trigger",
    ...source(old, sourceOf({ metadata: request })),
    reaction: "reconcile-urgently",
  },
  {
    name: "a trigger that was answered",
    ...source(old, sourceOf({ metadata: request, status: { lastHandledReconcileAt: "1" } })),
    reaction: "ignore",
  },
  {
    name: "a trigger on the ExternalArtifact",
    ...artifact(written, externalArtifactOf({ metadata: request })),
    reaction: "reconcile-urgently",
  },
  {
    name: "a deleted ExternalArtifact",
    ...artifact(written, undefined),
    reaction: "reconcile-urgently",
  },
  {
    name: "an altered ExternalArtifact",
    ...artifact(externalArtifactOf(), written),
    reaction: "reconcile-urgently",
  },
  { name: "a new ExternalArtifact", ...artifact(undefined, written), reaction: "reconcile" },
  {
    name: "our own ExternalArtifact",
    ...artifact(externalArtifactOf(), written),
    memory: { artifactVersion: "9" },
    reaction: "ignore",
  },
  {
    name: "an older write of ours",
    ...artifact(externalArtifactOf(), written),
    memory: { artifactVersion: "10" },
    reaction: "reconcile-urgently",
  },
  {
    name: "an ExternalArtifact while we write it",
    ...artifact(undefined, written),
    memory: { isPublishing: true },
    reaction: "ignore",
  },
  {
    name: "an ExternalArtifact deleted while we write it",
    ...artifact(written, undefined),
    memory: { isPublishing: true },
    reaction: "reconcile-urgently",
  },
];

for (const { name, reaction, memory, ...each } of cases) {
  Deno.test(`reactionTo() ${name}: ${reaction}`, () => {
    const { kind, before, after } = each;
    const cached = each.source ?? after as ExternalSource | undefined;
    const memories = new Map(memory ? [[key, { ...memoryOf(), ...memory }]] as const : []);
    const objects = {
      source: cached,
      artifact: kind === "ExternalArtifact" ? after as ExternalArtifact | undefined : undefined,
    };
    assert.equal(reactionTo({ kind, key, before, after }, { memories, ...objects }), reaction);
  });
}

Deno.test("reactionTo() an ExternalArtifact without a source: ignore", () => {
  const change = { kind: "ExternalArtifact", key, before: undefined, after: written } as const;
  const context = { memories: new Map(), source: undefined, artifact: written };
  assert.equal(reactionTo(change, context), "ignore");
});

function memoryOf(): SourceMemory {
  const never = () => 0;
  const delays = {
    backoff: never,
    asked: never,
    secretBackoff: never,
    interval: never,
    spread: never,
  };
  const settings = { minInterval: 0, maxAttempts: 10 };
  return initialMemory(old, { clock: new ManualClock(), delays, settings });
}
