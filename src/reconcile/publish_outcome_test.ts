import assert from "node:assert/strict";
import { StepError } from "../core/step_error.ts";
import { key, minute, name, ReconcileWorld } from "../../tests/reconcile_world.ts";

const bothWrites = ["writeArtifactStatus", "writeSourceStatus"];
const on = (reason: string) => [`${reason} ExternalSource`, `${reason} ExternalArtifact`];
const refused = () =>
  new StepError("Cannot fetch: refused", { class: "transient", reason: "FetchFailed" });

const damages = [
  {
    what: "deleted",
    damage: (world: ReconcileWorld) => world.objects.deleteArtifact(name),
    writes: ["createArtifact", "writeArtifactStatus"],
  },
  {
    what: "of another status",
    damage: (world: ReconcileWorld) =>
      world.objects.editArtifact(name, (live) => ({ ...live, status: {} })),
    writes: ["writeArtifactStatus"],
  },
  {
    what: "of another spec",
    damage: (world: ReconcileWorld) =>
      world.objects.editArtifact(name, (live) => ({ ...live, spec: {} })),
    writes: ["updateArtifact", "writeArtifactStatus"],
  },
  {
    what: "without our label",
    damage: (world: ReconcileWorld) =>
      world.objects.editArtifact(
        name,
        (live) => ({ ...live, metadata: { ...live.metadata, labels: {} } }),
      ),
    writes: ["createArtifact", "updateArtifact"],
  },
  {
    what: "without an owner",
    damage: (world: ReconcileWorld) =>
      world.objects.editArtifact(
        name,
        (live) => ({ ...live, metadata: { ...live.metadata, ownerReferences: [] } }),
      ),
    writes: ["updateArtifact"],
  },
];
for (const { what, damage, writes } of damages) {
  Deno.test(`publishOutcome() restores an ExternalArtifact that is ${what}, without a fetch`, async () => {
    await using world = await ReconcileWorld.create();
    await world.run();
    const { spec, status } = world.artifact!;
    damage(world);
    const told = await world.run();
    assert.deepEqual([told.fetches, told.puts, told.writes, told.events], [0, 0, writes, []]);
    assert.deepEqual(world.artifact?.spec, spec);
    assert.deepEqual(world.artifact?.status.artifact, status.artifact);
    assert.deepEqual(world.artifactConditions, ["Ready=True/Succeeded"]);
    assert.deepEqual((await world.run()).writes, []);
  });
}

Deno.test("publishOutcome() restores the ExternalArtifact of a failing source as failing", async () => {
  await using world = await ReconcileWorld.create();
  const first = await world.run();
  world.upstream.failure = refused();
  await world.runAgain(first);
  world.objects.deleteArtifact(name);
  const told = await world.run();
  assert.equal(told.fetches, 0);
  assert.deepEqual(world.artifactConditions, ["Ready=False/FetchFailed"]);
  assert.deepEqual(world.artifact?.status.artifact, world.source.status.artifact);
});

Deno.test("publishOutcome() writes nothing to an ExternalArtifact of another controller", async () => {
  await using world = await ReconcileWorld.create();
  const owner = {
    apiVersion: "x.test/v1",
    kind: "ArtifactGenerator",
    name: "other",
    uid: "9",
    controller: true,
  };
  world.objects.plantArtifact(name, {
    spec: {},
    status: {},
    metadata: { ownerReferences: [owner] },
  });
  const before = structuredClone(world.artifact);
  const told = await world.run();
  assert.deepEqual(world.conditions, ["Ready=False/NameConflict", "Stalled=True/NameConflict"]);
  assert.deepEqual(told.events, ["NameConflict ExternalSource"]);
  assert.deepEqual(world.artifact, before);
  assert.equal(told.result.requeueAt, world.clock.now() + 5 * minute);
  const again = await world.runAgain(told);
  assert.deepEqual([again.writes, again.events], [["createArtifact"], []]);
  assert.ok(world.objects.calls.includes("readArtifact"));
  world.objects.deleteArtifact(name);
  const after = await world.runAgain(again);
  assert.deepEqual(after.events, on("Succeeded"));
  assert.deepEqual(world.conditions, ["Ready=True/Succeeded"]);
});

Deno.test("publishOutcome() adopts what the Go implementation published", async () => {
  await using world = await ReconcileWorld.create();
  const digits = "ab".repeat(32);
  const url = `http://artifacts.flux-system.svc/${name.namespace}/${name.name}/${digits}.tar.gz`;
  const metadata = { created: "2025-01-01T00:00:00Z", size: "123", contentHash: digits };
  const lastUpdateTime = "2025-01-01T00:00:00Z";
  const old = {
    url,
    path: url,
    revision: digits,
    digest: `sha256:${digits}`,
    size: 0,
    lastUpdateTime,
    metadata,
  };
  world.objects.editSource(name, (source) => ({
    ...source,
    status: { observedGeneration: 1, artifact: { ...old, path: "", digest: "" } },
  }));
  const { uid } = world.source.metadata;
  const apiVersion = "source.flux.oddkin.co/v1alpha1";
  const owner = { apiVersion, kind: "ExternalSource", name: name.name, uid, controller: true };
  world.objects.plantArtifact(name, {
    spec: { sourceRef: { apiVersion, kind: "ExternalSource", ...name } },
    status: { artifact: old },
    metadata: { ownerReferences: [owner] },
  });
  const told = await world.run();
  assert.deepEqual(told.writes, ["createArtifact", "updateArtifact", ...bothWrites]);
  assert.equal(told.fetches, 1);
  const published = world.artifact?.status.artifact;
  assert.equal(published?.metadata, undefined);
  assert.deepEqual(published, world.source.status.artifact);
  assert.match(published!.revision, /^latest@sha256:[0-9a-f]{64}$/);
  assert.equal(world.artifact?.metadata.ownerReferences?.length, 1);
});

Deno.test("publishOutcome() keeps the Go implementation's artifact while the upstream fails", async () => {
  await using world = await ReconcileWorld.create();
  const metadata = { created: "2025-01-01T00:00:00Z" };
  const old = {
    url: "http://a/x",
    path: "",
    revision: "ab",
    digest: "",
    size: 0,
    lastUpdateTime: "",
    metadata,
  };
  world.objects.editSource(name, (source) => ({ ...source, status: { artifact: old } }));
  world.upstream.failure = refused();
  const told = await world.run();
  assert.deepEqual(told.writes, ["writeSourceStatus"]);
  assert.deepEqual(world.source.status.artifact, old);
});

Deno.test("publishOutcome() stores without Flux, and publishes by itself once it is there", async () => {
  await using world = await ReconcileWorld.create();
  world.objects.artifacts.isInstalled = false;
  const told = await world.run();
  assert.deepEqual(told.writes, ["writeSourceStatus"]);
  assert.deepEqual(world.conditions, [
    "Ready=False/ExternalArtifactUnavailable",
    "Reconciling=True/ProgressingWithRetry",
  ]);
  assert.equal(world.source.status.failures, undefined);
  const { artifact } = world.source.status;
  assert.ok(await world.store.stat(artifact!.path));
  assert.equal(told.result.requeueAt, world.clock.now() + 10_000);
  const waiting = await world.runAgain(told);
  assert.deepEqual([waiting.writes, waiting.fetches, waiting.events], [[], 0, []]);

  world.objects.artifacts.isInstalled = true;
  const published = await world.runAgain(waiting);
  assert.deepEqual(published.writes, ["createArtifact", ...bothWrites]);
  assert.deepEqual([published.fetches, published.events], [0, on("Succeeded")]);
  assert.deepEqual(world.artifact?.status.artifact, artifact);
  assert.deepEqual(world.conditions, ["Ready=True/Succeeded"]);
  assert.equal(published.result.requeueAt, Date.UTC(2026, 0, 1) + 5 * minute);
});

Deno.test("publishOutcome() never takes a 304 to an older document for the one stored without Flux", async () => {
  await using world = await ReconcileWorld.create();
  const first = await world.run();
  world.objects.artifacts.isInstalled = false;
  [world.upstream.document, world.upstream.etag] = ["second", '"2"'];
  await world.runAgain(first);
  const second = world.source.status.artifact!;
  world.restart();
  world.objects.artifacts.isInstalled = true;
  [world.upstream.document, world.upstream.etag] = ["first", '"1"'];
  world.requestSource("now");
  await world.run();
  assert.notEqual(world.source.status.artifact?.revision, second.revision);
});

Deno.test("publishOutcome() answers each trigger in its own field", async () => {
  await using world = await ReconcileWorld.create();
  await world.run();
  world.requestSource("1");
  const source = await world.run();
  assert.deepEqual([source.fetches, source.writes], [1, ["writeSourceStatus"]]);
  world.requestArtifact("2");
  const artifact = await world.run();
  assert.deepEqual([artifact.fetches, artifact.writes], [1, ["writeSourceStatus"]]);
  const { lastHandledReconcileAt, lastHandledArtifactReconcileAt } = world.source.status;
  assert.deepEqual([lastHandledReconcileAt, lastHandledArtifactReconcileAt], ["1", "2"]);
  assert.deepEqual(world.artifact?.metadata.annotations, {
    "reconcile.fluxcd.io/requestedAt": "2",
  });
  assert.equal((await world.run()).fetches, 0);
});

Deno.test("publishOutcome() leaves conditions and labels of others on the ExternalArtifact", async () => {
  await using world = await ReconcileWorld.create();
  const first = await world.run();
  const foreign = {
    type: "SourceVerified",
    status: "True",
    reason: "Succeeded",
    message: "verified",
    lastTransitionTime: "2026-01-01T00:00:00Z",
  } as const;
  world.objects.editArtifact(name, ({ status, ...rest }) => ({
    ...rest,
    status: { ...status, conditions: [foreign, ...status.conditions ?? []] },
  }));
  world.objects.markArtifact(name, { labels: { team: "x" } });
  [world.upstream.document, world.upstream.etag] = ["second", '"2"'];
  await world.runAgain(first);
  assert.deepEqual(world.artifactConditions, [
    "SourceVerified=True/Succeeded",
    "Ready=True/Succeeded",
  ]);
  assert.equal(world.artifact?.metadata.labels?.["team"], "x");
  assert.ok(world.objects.artifacts.get(key));
});

Deno.test("publishOutcome() tells a failing source's new URL all the same", async () => {
  await using world = await ReconcileWorld.create();
  const first = await world.run();
  world.upstream.failure = refused();
  const broken = await world.runAgain(first);
  world.urlBase = "https://cdn.test";
  await world.runAgain(broken);
  const url = `https://cdn.test/${world.source.status.artifact?.path}`;
  assert.equal(world.artifact?.status.artifact?.url, url);
  assert.equal(world.source.status.artifact?.url, url);
});

Deno.test("publishOutcome() remembers its last write, so that the watch's echo is known", async () => {
  await using world = await ReconcileWorld.create();
  await world.run();
  const { artifactVersion, isPublishing } = world.memories.get(key)!;
  assert.equal(artifactVersion, world.artifact?.metadata.resourceVersion);
  assert.equal(isPublishing, false);
});

Deno.test("publishOutcome() runs again when somebody wrote the ExternalArtifact right after it", async () => {
  await using world = await ReconcileWorld.create();
  const write = world.objects.writeArtifactStatus.bind(world.objects);
  world.objects.writeArtifactStatus = async (...args) => {
    const written = await write(...args);
    world.requestArtifact("now");
    return written;
  };
  const told = await world.run();
  assert.equal(told.result.requeueAt, world.clock.now());
  assert.equal((await world.run()).fetches, 1);
});
