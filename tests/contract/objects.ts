import assert from "node:assert/strict";
import {
  controllerName,
  externalSourceApiVersion,
  externalSourceKind,
  managedByLabel,
} from "../../src/core/api_names.ts";
import type { Artifact } from "../../src/core/artifact.ts";
import { artifactKey } from "../../src/core/artifact_key.ts";
import type { ExternalSource } from "../../src/core/external_source.ts";
import type { ObjectEvent } from "../../src/core/object_event.ts";
import {
  ConflictError,
  type ExternalArtifactWrite,
  NotFoundError,
} from "../../src/objects/objects.ts";
import type { ObjectsHarness } from "./objects_harness.ts";
import { WatchRecorder } from "./watch_recorder.ts";

const spec = {
  interval: "5m",
  // With every field that the CRD has a default for: an API server adds those.
  maxRetries: 3,
  generator: {
    type: "http",
    http: { url: "http://127.0.0.1:1/config.json", method: "GET", insecureSkipVerify: false },
  },
};
const otherSpec = { ...spec, interval: "10m" };

const conflict = (error: unknown) => error instanceof ConflictError;
const conflictOrGone = (error: unknown) =>
  error instanceof ConflictError || error instanceof NotFoundError;

/** An artifact of that source, complete. */
function artifactOf({ metadata }: ExternalSource, digit: string): Artifact {
  const hex = digit.repeat(64);
  const path = artifactKey({ namespace: metadata.namespace, name: metadata.name, hex });
  return {
    url: `http://localhost:8080/${path}`,
    path,
    revision: `latest@sha256:${"9".repeat(64)}`,
    digest: `sha256:${hex}`,
    size: 123,
    lastUpdateTime: "2026-01-01T00:00:00Z",
  };
}

/** The ExternalArtifact that belongs to a source. */
function writeFor({ metadata }: ExternalSource): ExternalArtifactWrite {
  const { namespace, name, uid } = metadata;
  const owner = { apiVersion: externalSourceApiVersion, kind: externalSourceKind, name };
  return {
    namespace,
    name,
    labels: { [managedByLabel]: controllerName },
    annotations: {},
    ownerReferences: [{ ...owner, uid, controller: true, blockOwnerDeletion: true }],
    spec: { sourceRef: { ...owner, namespace } },
  };
}

function eventOn({ metadata }: ExternalSource): ObjectEvent {
  const { namespace, name, uid, resourceVersion } = metadata;
  return {
    involvedObject: {
      apiVersion: externalSourceApiVersion,
      kind: externalSourceKind,
      ...{ namespace, name, uid, resourceVersion },
    },
    type: "Normal",
    reason: "NewArtifact",
    message: 'stored artifact for revision "latest@sha256:99"',
    time: Date.UTC(2026, 0, 1),
  };
}

interface Case extends ObjectsHarness {
  readonly watch: WatchRecorder;
}

/**
 * The laws of an adapter of `objects/`: one body of cases over every implementation. Each case gets a harness of its
 * own, with a watch that is synced; no case sleeps, all wait for what they want to see.
 *
 * @param name of the adapter, as the names of the tests begin
 * @param factory makes the adapter and the world around it, empty
 */
export function testObjects(name: string, factory: () => Promise<ObjectsHarness>): void {
  const rawCase = (law: string, body: (harness: ObjectsHarness) => Promise<void>) =>
    Deno.test(`${name} ${law}`, async () => {
      const harness = await factory();
      try {
        await body(harness);
      } finally {
        await harness.outside.close();
      }
    });
  const watchedCase = (law: string, body: (each: Case) => Promise<void>) =>
    rawCase(law, async (harness) => {
      const watch = new WatchRecorder(harness);
      try {
        await watch.synced();
        await body({ ...harness, watch });
      } finally {
        await watch.stop();
      }
    });

  rawCase("tells the first list as changes, then is synced", async (harness) => {
    const { objects, outside } = harness;
    for (const each of ["a", "b", "c"]) await outside.createSource({ name: each, spec });
    assert.equal(objects.sources.state, "waiting");
    assert.equal(objects.sources.size, 0);
    const watch = new WatchRecorder(harness);
    await watch.synced();
    const told = watch.changes.map(({ kind, key, before, state }) => ({
      kind,
      key,
      before,
      state,
    }));
    told.sort((a, b) => a.key < b.key ? -1 : 1);
    assert.deepEqual(
      told,
      ["a", "b", "c"].map((each) => ({
        kind: "ExternalSource",
        key: watch.key(each),
        before: undefined,
        state: "waiting",
      })),
    );
    const keys = [...objects.sources.keys()];
    assert.ok(["a", "b", "c"].every((each) => keys.includes(watch.key(each))));
    assert.equal(objects.sources.size, keys.length);
    await watch.stop();
  });

  rawCase("reads objects without a watch", async ({ objects, outside, namespace }) => {
    await outside.createSource({ name: "a", spec, labels: { team: "x" } });
    const source = await objects.readSource({ namespace, name: "a" });
    assert.deepEqual(source?.spec, spec);
    assert.deepEqual(source.metadata.labels, { team: "x" });
    assert.deepEqual(source.status, {});
    assert.equal(await objects.readSource({ namespace, name: "b" }), undefined);
    assert.equal(await objects.readArtifact({ namespace, name: "a" }), undefined);
  });

  watchedCase(
    "tells a source that another party creates",
    async ({ outside, watch, namespace }) => {
      await outside.createSource({ name: "a", spec, annotations: { note: "1" } });
      const { metadata, ...rest } = await watch.source("a");
      assert.deepEqual(rest, { spec, status: {} });
      assert.equal(metadata.namespace, namespace);
      assert.equal(metadata.name, "a");
      assert.equal(metadata.generation, 1);
      assert.notEqual(metadata.uid, "");
      assert.notEqual(metadata.resourceVersion, "");
      assert.equal(metadata.annotations?.note, "1");
      assert.equal(watch.changesOf("ExternalSource", "a")[0]!.before, undefined);
    },
  );

  watchedCase("tells a changed spec with what was before", async ({ outside, watch }) => {
    await outside.createSource({ name: "a", spec });
    const before = await watch.source("a");
    await outside.updateSpec("a", otherSpec);
    const after = await watch.source("a", ({ metadata }) => metadata.generation === 2);
    assert.deepEqual(after.spec, otherSpec);
    assert.equal(after.metadata.uid, before.metadata.uid);
    assert.notEqual(after.metadata.resourceVersion, before.metadata.resourceVersion);
    const change = watch.changesOf("ExternalSource", "a").at(-1)!;
    assert.deepEqual((change.before as ExternalSource).spec, spec);
    assert.deepEqual((change.after as ExternalSource).spec, otherSpec);
  });

  watchedCase("keeps the generation when only an annotation changes", async (each) => {
    const { outside, watch } = each;
    await outside.createSource({ name: "a", spec });
    await watch.source("a");
    await outside.annotateSource("a", { "reconcile.fluxcd.io/requestedAt": "now" });
    const after = await watch.source(
      "a",
      ({ metadata }) => metadata.annotations?.["reconcile.fluxcd.io/requestedAt"] === "now",
    );
    assert.equal(after.metadata.generation, 1);
  });

  watchedCase("tells a deleted source", async ({ objects, outside, watch, namespace }) => {
    await outside.createSource({ name: "a", spec });
    await watch.source("a");
    await outside.deleteSource("a");
    await watch.until(() => objects.sources.get(watch.key("a")) === undefined, "a is gone");
    const { before, after } = watch.changesOf("ExternalSource", "a").at(-1)!;
    assert.equal(before?.metadata.name, "a");
    assert.equal(after, undefined);
    assert.equal(await objects.readSource({ namespace, name: "a" }), undefined);
  });

  watchedCase("hands a malformed source over and goes on with the others", async (each) => {
    const { objects, outside, watch } = each;
    await outside.createMalformedSource("broken");
    await outside.createSource({ name: "good", spec });
    await watch.source("good");
    const broken = await watch.source("broken");
    const written = await objects.writeSourceStatus(broken, { observedGeneration: 1 });
    assert.deepEqual(written.status, { observedGeneration: 1 });
  });

  watchedCase("replaces a source's status wholly", async ({ objects, outside, watch }) => {
    await outside.createSource({ name: "a", spec });
    const first = await watch.source("a");
    const full = {
      observedGeneration: 1,
      failures: 3,
      nextAttemptTime: "2026-01-01T00:00:00Z",
      nextAttemptHeld: true,
      artifact: { ...artifactOf(first, "1"), metadata: { origin: "x" } },
      conditions: [{
        type: "Ready",
        status: "False" as const,
        reason: "FetchFailed",
        message: 'Cannot fetch "http://127.0.0.1:1/config.json": refused',
        lastTransitionTime: "2026-01-01T00:00:00Z",
        observedGeneration: 1,
      }],
    };
    const second = await objects.writeSourceStatus(first, full);
    assert.deepEqual(second.status, full);
    assert.deepEqual(second.spec, spec);
    assert.equal(second.metadata.generation, 1);
    assert.notEqual(second.metadata.resourceVersion, first.metadata.resourceVersion);
    const third = await objects.writeSourceStatus(second, { observedGeneration: 1 });
    assert.deepEqual(third.status, { observedGeneration: 1 });
    const cached = await watch.source(
      "a",
      ({ metadata }) => metadata.resourceVersion === third.metadata.resourceVersion,
    );
    assert.deepEqual(cached, third);
  });

  watchedCase("keeps the status when another party changes the spec", async (each) => {
    const { objects, outside, watch } = each;
    await outside.createSource({ name: "a", spec });
    await objects.writeSourceStatus(await watch.source("a"), { observedGeneration: 1 });
    await outside.updateSpec("a", otherSpec);
    const after = await watch.source("a", ({ metadata }) => metadata.generation === 2);
    assert.deepEqual(after.status, { observedGeneration: 1 });
  });

  watchedCase("refuses a status computed from an old view", async ({ objects, outside, watch }) => {
    await outside.createSource({ name: "a", spec });
    const old = await watch.source("a");
    await objects.writeSourceStatus(old, { failures: 1 });
    await assert.rejects(objects.writeSourceStatus(old, { failures: 2 }), conflict);
    await outside.updateSpec("a", otherSpec);
    const seen = await watch.source("a", ({ metadata }) => metadata.generation === 2);
    assert.deepEqual(seen.status, { failures: 1 });
  });

  watchedCase("never goes back to an older object", async ({ objects, outside, watch }) => {
    await outside.createSource({ name: "a", spec });
    let source = await watch.source("a");
    for (let failures = 1; failures <= 30; failures++) {
      source = await objects.writeSourceStatus(source, { failures });
    }
    const last = await watch.source("a", ({ status }) => status.failures === 30);
    assert.equal(last.metadata.resourceVersion, source.metadata.resourceVersion);
    const seen = watch.changesOf("ExternalSource", "a")
      .map(({ after }) => (after as ExternalSource).status.failures ?? 0);
    assert.deepEqual(seen, seen.toSorted((a, b) => a - b));
  });

  watchedCase("refuses to write a source that is gone", async ({ objects, outside, watch }) => {
    await outside.createSource({ name: "a", spec });
    const gone = await watch.source("a");
    await outside.deleteSource("a");
    await assert.rejects(objects.writeSourceStatus(gone, { failures: 1 }), conflictOrGone);
    await watch.until(() => objects.sources.get(watch.key("a")) === undefined, "a is gone");
    await outside.createSource({ name: "a", spec });
    const again = await watch.source("a");
    await assert.rejects(objects.writeSourceStatus(gone, { failures: 1 }), conflictOrGone);
    assert.deepEqual(again.status, {});
    assert.equal(again.metadata.generation, 1);
  });

  watchedCase("removes one finalizer and leaves the others", async (each) => {
    const { objects, outside, watch } = each;
    const [ours, foreign] = ["source.flux.oddkin.co/externalsource-finalizer", "example.com/other"];
    await outside.createSource({ name: "a", spec, finalizers: [ours, foreign] });
    const source = await watch.source("a");
    assert.deepEqual(source.metadata.finalizers, [ours, foreign]);
    await objects.removeFinalizer(source, ours);
    const freed = await watch.source("a", ({ metadata }) => metadata.finalizers?.length === 1);
    assert.deepEqual(freed.metadata.finalizers, [foreign]);
    await assert.rejects(objects.removeFinalizer(source, foreign), conflict);
    await objects.removeFinalizer(freed, foreign);
    await watch.source("a", ({ metadata }) => (metadata.finalizers ?? []).length === 0);
  });

  watchedCase("creates an ExternalArtifact once", async ({ objects, outside, watch }) => {
    await outside.createSource({ name: "a", spec });
    const wanted = writeFor(await watch.source("a"));
    const created = await objects.createArtifact(wanted);
    assert.deepEqual(created.spec, wanted.spec);
    assert.deepEqual(created.status, {});
    assert.deepEqual(created.metadata.labels, wanted.labels);
    assert.deepEqual(created.metadata.ownerReferences, wanted.ownerReferences);
    await assert.rejects(objects.createArtifact(wanted), conflict);
    assert.deepEqual(await watch.artifact("a"), created);
    assert.deepEqual(await objects.readArtifact(wanted), created);
    assert.equal(watch.changesOf("ExternalArtifact", "a")[0]!.before, undefined);
  });

  watchedCase("sets what is ours in an ExternalArtifact and keeps the rest", async (each) => {
    const { objects, outside, watch } = each;
    await outside.createSource({ name: "a", spec });
    const wanted = writeFor(await watch.source("a"));
    const created = await objects.createArtifact({ ...wanted, spec: {}, ownerReferences: [] });
    const requested = { "reconcile.fluxcd.io/requestedAt": "now" };
    await outside.markArtifact("a", { labels: { team: "x" }, annotations: requested });
    const marked = await watch.artifact("a", ({ metadata }) => metadata.labels?.team === "x");
    const ours = { "source.flux.oddkin.co/owner": "pod-0" };
    const updated = await objects.updateArtifact(marked, { ...wanted, annotations: ours });
    assert.deepEqual(updated.spec, wanted.spec);
    assert.deepEqual(updated.metadata.labels, { ...wanted.labels, team: "x" });
    assert.deepEqual(updated.metadata.annotations, { ...requested, ...ours });
    assert.deepEqual(updated.metadata.ownerReferences, wanted.ownerReferences);
    await assert.rejects(objects.updateArtifact(created, wanted), conflict);
    const version = updated.metadata.resourceVersion;
    const cached = await watch.artifact("a", (now) => now.metadata.resourceVersion === version);
    assert.deepEqual(cached, updated);
  });

  watchedCase("replaces an ExternalArtifact's status wholly", async (each) => {
    const { objects, outside, watch } = each;
    await outside.createSource({ name: "a", spec });
    const source = await watch.source("a");
    const first = await objects.createArtifact(writeFor(source));
    const artifact = { ...artifactOf(source, "1"), metadata: { origin: "x" } };
    const second = await objects.writeArtifactStatus(first, { artifact });
    assert.deepEqual(second.status, { artifact });
    assert.deepEqual(second.spec, first.spec);
    const third = await objects.writeArtifactStatus(second, { artifact: artifactOf(source, "2") });
    assert.deepEqual(third.status, { artifact: artifactOf(source, "2") });
    await assert.rejects(objects.writeArtifactStatus(second, {}), conflict);
    await watch.artifact("a", (now) => now.status.artifact?.path === artifactOf(source, "2").path);
  });

  watchedCase("tells a deleted ExternalArtifact and refuses to write it", async (each) => {
    const { objects, outside, watch } = each;
    await outside.createSource({ name: "a", spec });
    const wanted = writeFor(await watch.source("a"));
    const gone = await objects.createArtifact(wanted);
    await watch.artifact("a");
    await outside.deleteArtifact("a");
    await watch.until(() => objects.artifacts.get(watch.key("a")) === undefined, "a is gone");
    assert.equal(watch.changesOf("ExternalArtifact", "a").at(-1)!.after, undefined);
    assert.equal(await objects.readArtifact(wanted), undefined);
    await assert.rejects(objects.updateArtifact(gone, wanted), conflictOrGone);
    await assert.rejects(objects.writeArtifactStatus(gone, {}), conflictOrGone);
  });

  rawCase("reads Secrets decoded and anew each time", async ({ objects, outside, namespace }) => {
    const bytes = new Uint8Array([0, 255, 10, 61]);
    const text = (value: string) => new TextEncoder().encode(value);
    assert.equal(await objects.readSecret({ namespace, name: "s" }), undefined);
    await outside.putSecret("s", { token: text("grüße\n"), binary: bytes, empty: text("") });
    const first = await objects.readSecret({ namespace, name: "s" });
    assert.equal(first?.name, "s");
    assert.deepEqual({ ...first.data }, { token: text("grüße\n"), binary: bytes, empty: text("") });
    const again = await objects.readSecret({ namespace, name: "s" });
    assert.equal(again?.resourceVersion, first.resourceVersion);
    await outside.putSecret("s", { token: text("new") });
    const second = await objects.readSecret({ namespace, name: "s" });
    assert.deepEqual({ ...second?.data }, { token: text("new") });
    assert.notEqual(second?.resourceVersion, first.resourceVersion);
  });

  watchedCase("records events and never rejects", async ({ objects, outside, watch }) => {
    await outside.createSource({ name: "a", spec });
    const event = eventOn(await watch.source("a"));
    await objects.recordEvent(event);
    const { type, reason, message } = event;
    assert.deepEqual(await outside.events("a"), [{ type, reason, message }]);
    const nowhere = { ...event.involvedObject, namespace: "no-such-namespace" };
    await objects.recordEvent({ ...event, involvedObject: nowhere });
    await objects.recordEvent({ ...event, message: "x".repeat(40_000) });
  });

  rawCase("tells nothing after the watch was aborted", async (harness) => {
    const { objects, outside, namespace } = harness;
    const watch = new WatchRecorder(harness);
    await watch.synced();
    await outside.createSource({ name: "a", spec });
    await watch.source("a");
    await watch.stop();
    const told = watch.changes.length;
    await outside.createSource({ name: "b", spec });
    assert.equal((await objects.readSource({ namespace, name: "b" }))?.metadata.name, "b");
    assert.equal(watch.changes.length, told);
  });

  rawCase("ends a watch that was aborted before it began", async ({ objects }) => {
    await objects.watch(() => assert.fail("a change was told"), AbortSignal.abort());
    assert.notEqual(objects.sources.state, "synced");
  });
}
