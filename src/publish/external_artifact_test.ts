import assert from "node:assert/strict";
import type { ExternalArtifact } from "../core/external_artifact.ts";
import type { OwnerReference } from "../core/object_meta.ts";
import { checkArtifactStatus } from "../../tests/laws/status.ts";
import {
  artifactOf,
  conditionOf,
  externalArtifactOf,
  sourceOf,
  then,
} from "../../tests/source_fixtures.ts";
import {
  isAsWanted,
  nameConflict,
  wantedArtifact,
  wantedArtifactStatus,
} from "./external_artifact.ts";

const source = sourceOf();
const apiVersion = "source.flux.oddkin.co/v1alpha1";
const ours: OwnerReference = {
  ...{ apiVersion, kind: "ExternalSource", name: "config", uid: "uid-1" },
  ...{ controller: true, blockOwnerDeletion: true },
};
const other: OwnerReference = { ...ours, kind: "ArtifactGenerator", name: "gen", uid: "uid-9" };
const ref = { apiVersion, kind: "ExternalSource", name: "config", namespace: "team" };

Deno.test("wantedArtifact() has what Flux and its admission policies look at", () => {
  assert.deepEqual(wantedArtifact(source), {
    namespace: "team",
    name: "config",
    labels: { "app.kubernetes.io/managed-by": "externalsource-controller" },
    annotations: {},
    ownerReferences: [ours],
    spec: { sourceRef: ref },
  });
});

const existing = (
  ownerReferences: OwnerReference[],
  sourceRef?: ExternalArtifact["spec"]["sourceRef"],
  labels: Record<string, string> = {},
) =>
  externalArtifactOf({
    metadata: { ownerReferences, labels },
    spec: sourceRef ? { sourceRef } : {},
  });
const managed = { "app.kubernetes.io/managed-by": "externalsource-controller" };

const conflicts: readonly {
  name: string;
  artifact: ExternalArtifact;
  conflict: RegExp | undefined;
}[] = [
  { name: "our own", artifact: externalArtifactOf(), conflict: undefined },
  {
    name: "one of an earlier life of the source",
    artifact: existing([{ ...ours, uid: "uid-0" }], ref),
    conflict: undefined,
  },
  {
    name: "one whose owner is not its controller",
    artifact: existing([{ ...ours, controller: false }], ref),
    conflict: undefined,
  },
  { name: "one of the Go implementation", artifact: existing([ours], ref), conflict: undefined },
  { name: "one without an owner that names us", artifact: existing([], ref), conflict: undefined },
  {
    name: "one without an owner that has our label",
    artifact: existing([], undefined, managed),
    conflict: undefined,
  },
  {
    name: "one with a foreign owner that is no controller",
    artifact: existing([{ ...other, controller: false }, ours], ref),
    conflict: undefined,
  },
  {
    name: "one of another controller",
    artifact: existing([other], ref),
    conflict: /controlled by ArtifactGenerator "gen"/,
  },
  {
    name: "one of another controller with our label",
    artifact: existing([other], ref, managed),
    conflict: /ArtifactGenerator/,
  },
  {
    name: "one of another source",
    artifact: existing([{ ...ours, name: "other", uid: "uid-9" }], ref),
    conflict: /ExternalSource "other"/,
  },
  {
    name: "one of a kind of our name in another group",
    artifact: existing([{ ...ours, apiVersion: "x.test/v1", uid: "uid-9" }], ref),
    conflict: /ExternalSource "config"/,
  },
  {
    name: "one that a person made",
    artifact: existing([]),
    conflict: /was not made for this source/,
  },
  {
    name: "one that names another source",
    artifact: existing([], { ...ref, name: "other" }),
    conflict: /was not made/,
  },
  {
    name: "one that names another kind",
    artifact: existing([], { ...ref, kind: "GitRepository" }),
    conflict: /was not made/,
  },
  {
    name: "one that names a source of another namespace",
    artifact: existing([], { ...ref, namespace: "else" }),
    conflict: /was not made/,
  },
  {
    name: "one that names a kind of another group",
    artifact: existing([], { ...ref, apiVersion: "x.test/v1" }),
    conflict: /was not made/,
  },
  {
    name: "one that names us without a namespace",
    artifact: existing([], { kind: "ExternalSource", name: "config" }),
    conflict: undefined,
  },
];
for (const { name, artifact, conflict } of conflicts) {
  Deno.test(`nameConflict() ${name}: ${conflict ? "yes" : "no"}`, () => {
    const said = nameConflict(artifact, source);
    if (conflict === undefined) assert.equal(said, undefined);
    else assert.match(said ?? "", conflict);
  });
}

const meta = externalArtifactOf().metadata;
const changes: readonly { name: string; artifact: ExternalArtifact; wanted: boolean }[] = [
  { name: "as it is", artifact: externalArtifactOf(), wanted: true },
  {
    name: "a foreign label",
    artifact: externalArtifactOf({ metadata: { labels: { ...meta.labels, a: "b" } } }),
    wanted: true,
  },
  {
    name: "a foreign annotation",
    artifact: externalArtifactOf({ metadata: { annotations: { a: "b" } } }),
    wanted: true,
  },
  {
    name: "a foreign owner",
    artifact: externalArtifactOf({
      metadata: { ownerReferences: [{ ...other, controller: false }, ours] },
    }),
    wanted: true,
  },
  {
    name: "without our label",
    artifact: externalArtifactOf({ metadata: { labels: {} } }),
    wanted: false,
  },
  {
    name: "managed by another",
    artifact: externalArtifactOf({
      metadata: { labels: { "app.kubernetes.io/managed-by": "helm" } },
    }),
    wanted: false,
  },
  {
    name: "without an owner",
    artifact: externalArtifactOf({ metadata: { ownerReferences: [] } }),
    wanted: false,
  },
  {
    name: "owner of an earlier life",
    artifact: externalArtifactOf({ metadata: { ownerReferences: [{ ...ours, uid: "uid-0" }] } }),
    wanted: false,
  },
  {
    name: "owner that is not controller",
    artifact: externalArtifactOf({
      metadata: { ownerReferences: [{ ...ours, controller: false }] },
    }),
    wanted: false,
  },
  { name: "without a spec", artifact: externalArtifactOf({ spec: {} }), wanted: false },
  ...(["apiVersion", "kind", "name", "namespace"] as const).map((field) => ({
    name: `another ${field}`,
    artifact: externalArtifactOf({ spec: { sourceRef: { ...ref, [field]: "x" } } }),
    wanted: false,
  })),
];
for (const { name, artifact, wanted } of changes) {
  Deno.test(`isAsWanted() ${name}: ${wanted}`, () => {
    assert.equal(isAsWanted(artifact, wantedArtifact(source)), wanted);
  });
}

const ready = {
  state: { type: "Ready", status: "True", reason: "Succeeded", message: "stored" },
  now: "2026-01-02T00:00:00Z",
} as const;

Deno.test("wantedArtifactStatus() observes the ExternalArtifact's own generation", () => {
  const artifact = externalArtifactOf({ metadata: { generation: 4 } });
  const status = wantedArtifactStatus(artifact, artifactOf("a"), ready);
  checkArtifactStatus(status, { object: source.metadata, generation: 4 });
  assert.deepEqual(status.artifact, artifactOf("a"));
  const [condition] = status.conditions ?? [];
  assert.deepEqual([condition?.observedGeneration, condition?.lastTransitionTime], [4, ready.now]);
});

Deno.test("wantedArtifactStatus() is the same the second time, and keeps what others say", () => {
  const verified = conditionOf("SourceVerified=True/Succeeded");
  const first = externalArtifactOf({
    status: {
      artifact: artifactOf("a"),
      conditions: [verified, conditionOf("Ready=True/Succeeded", "stored")],
    },
  });
  const status = wantedArtifactStatus(first, artifactOf("a"), ready);
  assert.deepEqual(status, first.status);
  const failed = {
    ...ready,
    state: { ...ready.state, status: "False", reason: "FetchFailed" },
  } as const;
  const turned = wantedArtifactStatus(first, artifactOf("a"), failed);
  checkArtifactStatus(turned, { object: source.metadata, generation: 1 });
  assert.deepEqual(turned.conditions?.[0], verified);
  assert.deepEqual(turned.conditions?.map(({ lastTransitionTime }) => lastTransitionTime), [
    then,
    ready.now,
  ]);
});
