import assert from "node:assert/strict";
import { legacyFinalizer } from "../core/api_names.ts";
import { configurationError, StepError } from "../core/step_error.ts";
import { MemoryStore } from "../store/memory_store.ts";
import { key, minute, name, ReconcileWorld, specWith } from "../../tests/reconcile_world.ts";

const firstWrites = ["createArtifact", "writeArtifactStatus", "writeSourceStatus"];
const bothWrites = ["writeArtifactStatus", "writeSourceStatus"];

Deno.test("reconcileSource() publishes a new source with exactly three writes", async () => {
  await using world = await ReconcileWorld.create();
  const told = await world.run();
  assert.deepEqual(told.writes, firstWrites);
  assert.deepEqual(told.events, ["NewArtifact ExternalSource", "NewArtifact ExternalArtifact"]);
  assert.equal(told.result.requeueAt, world.clock.now() + 5 * minute);
  assert.deepEqual(world.conditions, ["Ready=True/Succeeded"]);
  assert.deepEqual(world.artifactConditions, ["Ready=True/Succeeded"]);
  const { artifact, observedGeneration, lastHandledETag } = world.source.status;
  assert.deepEqual(world.artifact?.status.artifact, artifact);
  assert.equal(artifact?.url, `http://artifacts:8080/${artifact?.path}`);
  assert.equal(observedGeneration, 1);
  assert.equal(lastHandledETag, '"1"');
  assert.equal(await world.store.verify(artifact!.path, artifact!.digest), true);
  assert.deepEqual(world.collected, []);
});

const unchanged = [
  { name: "a 304", change: () => {} },
  {
    name: "an equal body under no ETag",
    change: (world: ReconcileWorld) => void (world.upstream.etag = undefined),
  },
  {
    name: "an equal body under a new ETag",
    change: (world: ReconcileWorld) => void (world.upstream.etag = '"2"'),
  },
];
for (const each of unchanged) {
  Deno.test(`reconcileSource() writes nothing and stores nothing after ${each.name}`, async () => {
    await using world = await ReconcileWorld.create();
    let told = await world.run();
    each.change(world);
    for (let round = 0; round < 3; round++) {
      told = await world.runAgain(told);
      assert.deepEqual([told.writes, told.events, told.puts, told.fetches], [[], [], 0, 1]);
    }
    assert.equal(told.result.requeueAt, world.clock.now() + 5 * minute);
  });
}

Deno.test("reconcileSource() asks with the ETag that came last, also over an equal body", async () => {
  await using world = await ReconcileWorld.create();
  const first = await world.run();
  world.upstream.etag = '"2"';
  const second = await world.runAgain(first);
  await world.runAgain(second);
  assert.deepEqual(world.upstream.requests[0]?.validators, { etag: '"2"' });
  assert.equal(world.source.status.lastHandledETag, '"1"');
});

Deno.test("reconcileSource() publishes a changed document as a new revision with two writes", async () => {
  await using world = await ReconcileWorld.create();
  const first = await world.run();
  const before = world.source.status.artifact!;
  [world.upstream.document, world.upstream.etag] = ["second", '"2"'];
  const second = await world.runAgain(first);
  const after = world.source.status.artifact!;
  assert.deepEqual(second.writes, bothWrites);
  assert.deepEqual(second.events, ["NewArtifact ExternalSource", "NewArtifact ExternalArtifact"]);
  assert.notEqual(after.revision, before.revision);
  assert.notEqual(after.path, before.path);
  assert.notEqual(after.lastUpdateTime, before.lastUpdateTime);
  assert.deepEqual(world.collected, [before]);
});

Deno.test("reconcileSource() publishes an unchanged document under a changed destinationPath", async () => {
  await using world = await ReconcileWorld.create();
  await world.run();
  const before = world.source.status.artifact!;
  world.changeSpec({ destinationPath: "deploy/" });
  const told = await world.run();
  assert.deepEqual(world.upstream.requests[0]?.validators, undefined);
  assert.deepEqual(told.writes, bothWrites);
  assert.notEqual(world.source.status.artifact?.revision, before.revision);
  assert.equal(world.source.status.observedGeneration, 2);
});

Deno.test("reconcileSource() publishes an unchanged document that a redirect has renamed", async () => {
  await using world = await ReconcileWorld.create({ destinationPath: "deploy/" });
  world.upstream.etag = undefined;
  const first = await world.run();
  const before = world.source.status.artifact!;
  world.upstream.finalUrl = "http://elsewhere.test/renamed.json";
  const told = await world.runAgain(first);
  assert.deepEqual(told.writes, bothWrites);
  assert.notEqual(world.source.status.artifact?.revision, before.revision);
});

Deno.test("reconcileSource() fetches in full after a restart under a changed spec", async () => {
  await using world = await ReconcileWorld.create();
  await world.run();
  world.restart();
  world.changeSpec({ destinationPath: "other" });
  const told = await world.run();
  assert.equal(world.upstream.requests[0]?.validators, undefined);
  assert.deepEqual(told.writes, bothWrites);
});

Deno.test("reconcileSource() writes only what it observed when a new spec changes nothing", async () => {
  await using world = await ReconcileWorld.create();
  await world.run();
  world.changeSpec({ interval: "10m" });
  const told = await world.run();
  assert.deepEqual(told.writes, ["writeSourceStatus"]);
  assert.deepEqual(told.events, []);
  assert.equal(told.result.requeueAt, world.clock.now() + 10 * minute);
});

Deno.test("reconcileSource() does not fetch before the spread time after a restart", async () => {
  await using world = await ReconcileWorld.create();
  await world.run();
  world.restart();
  const kept = await world.run();
  assert.deepEqual([kept.fetches, kept.writes, kept.puts], [0, [], 0]);
  assert.equal(kept.result.requeueAt, world.clock.now() + 2.5 * minute);
  const asked = await world.runAgain(kept);
  assert.deepEqual([asked.fetches, asked.writes, asked.puts], [1, [], 0]);
  assert.deepEqual(world.upstream.requests[0]?.validators, { etag: '"1"' });
});

Deno.test("reconcileSource() keeps the ETag when a 304 after a restart names none", async () => {
  await using world = await ReconcileWorld.create();
  await world.run();
  world.restart();
  const kept = await world.run();
  const prepare = world.upstream.prepare.bind(world.upstream);
  world.upstream.prepare = (settings) => ({
    ...prepare(settings),
    fetch: (_request, context) => {
      world.upstream.requests.push(context);
      return Promise.resolve({ changed: false, validators: {} });
    },
  });
  await world.runAgain(kept);
  world.changeSpec({ interval: "10m" });
  await world.run();
  assert.equal(world.source.status.lastHandledETag, '"1"');
});

Deno.test("reconcileSource() restores a lost artifact at once after a restart, without a new revision", async () => {
  await using world = await ReconcileWorld.create();
  await world.run();
  world.restart();
  world.store = new MemoryStore(2 ** 20, world.clock);
  const told = await world.run();
  assert.deepEqual([told.fetches, told.puts, told.writes, told.events], [1, 1, [], []]);
  assert.deepEqual(world.upstream.requests[0]?.validators, undefined);
});

Deno.test("reconcileSource() rebuilds what the store lost while it ran", async () => {
  await using world = await ReconcileWorld.create();
  await world.run();
  await world.store.delete(world.source.status.artifact!.path);
  const told = await world.run();
  assert.deepEqual([told.fetches, told.puts, told.writes], [1, 1, []]);
});

Deno.test("reconcileSource() asks the store once about an unchanged document, and again after a wait for its host", async () => {
  await using world = await ReconcileWorld.create();
  await world.run();
  const { store } = world;
  let looks = 0;
  const stat = (key: string) => {
    looks++;
    return store.stat(key);
  };
  world.store = Object.assign(Object.create(store), { stat });
  await world.clock.advance(10 * minute);
  assert.equal((await world.run()).fetches, 1);
  assert.equal(looks, 1);

  world.store = store;
  await world.clock.advance(10 * minute);
  world.onRequestSlot = async () => {
    await world.clock.advance(2_000);
    await store.delete(world.source.status.artifact!.path);
  };
  const lost = await world.run();
  assert.deepEqual([lost.fetches, lost.puts, lost.writes], [1, 1, []]);
  assert.equal(world.upstream.requests.at(-1)?.validators, undefined);
});

Deno.test("reconcileSource() republishes under a changed URL base, same revision and time", async () => {
  await using world = await ReconcileWorld.create();
  await world.run();
  const before = world.source.status.artifact!;
  await world.clock.advance(minute);
  world.urlBase = "https://cdn.test";
  const told = await world.run();
  assert.deepEqual([told.fetches, told.writes, told.events], [0, bothWrites, []]);
  const url = `https://cdn.test/${before.path}`;
  assert.deepEqual(world.source.status.artifact, { ...before, url });
  assert.deepEqual(world.artifact?.status.artifact, { ...before, url });
});

Deno.test("reconcileSource() leaves a suspended source as it was", async () => {
  await using world = await ReconcileWorld.create();
  const first = await world.run();
  world.upstream.failure = new StepError("Cannot fetch: status 503", {
    class: "transient",
    reason: "FetchFailed",
  });
  await world.runAgain(first);
  const before = world.condition("Ready");
  world.changeSpec({ suspend: true });
  const told = await world.run();
  assert.equal(told.fetches, 0);
  assert.equal(told.result.requeueAt, undefined);
  assert.deepEqual(world.condition("Ready"), before);
  world.requestSource("now");
  assert.equal((await world.run()).fetches, 0);
  assert.equal(world.source.status.lastHandledReconcileAt, undefined);
});

Deno.test("reconcileSource() says that a source was suspended before its first fetch", async () => {
  await using world = await ReconcileWorld.create({ suspend: true });
  const told = await world.run();
  assert.deepEqual([told.fetches, told.result.requeueAt], [0, undefined]);
  assert.deepEqual(world.conditions, ["Ready=Unknown/Suspended"]);
  world.changeSpec({ suspend: false });
  assert.equal((await world.run()).fetches, 1);
});

Deno.test("reconcileSource() fetches a suspended source once that a restart has lost", async () => {
  await using world = await ReconcileWorld.create();
  await world.run();
  world.changeSpec({ suspend: true });
  await world.run();
  world.restart();
  world.store = new MemoryStore(2 ** 20, world.clock);
  const lost = await world.run();
  assert.deepEqual([lost.fetches, lost.puts], [1, 1]);
  assert.deepEqual(lost.events, ["ArtifactLost ExternalSource"]);
  const again = await world.run();
  assert.deepEqual([again.fetches, again.writes, again.events], [0, [], []]);
  assert.equal(again.result.requeueAt, undefined);
});

Deno.test("reconcileSource() removes the finalizer of the Go implementation and nothing else", async () => {
  await using world = await ReconcileWorld.create();
  world.objects.editSource(name, ({ metadata, ...rest }) => ({
    ...rest,
    metadata: { ...metadata, finalizers: [legacyFinalizer, "example.com/other"] },
  }));
  await world.run();
  assert.deepEqual(world.source.metadata.finalizers, ["example.com/other"]);
});

Deno.test("reconcileSource() lets a deleted source go, also if the first try is lost", async () => {
  await using world = await ReconcileWorld.create();
  await world.run();
  world.objects.editSource(name, ({ metadata, ...rest }) => ({
    ...rest,
    metadata: { ...metadata, finalizers: [legacyFinalizer] },
  }));
  world.objects.deleteSource(name);
  world.objects.onCall = () => {
    world.objects.onCall = () => {};
    world.requestSource("meanwhile");
  };
  const lost = await world.run();
  assert.equal(lost.result.outcome.kind, "conflict");
  assert.equal(lost.result.requeueAt, world.clock.now());
  const told = await world.run();
  assert.equal(told.result.outcome.kind, "gone");
  assert.equal(world.objects.sources.live(key), undefined);
  assert.equal(world.memories.size, 0);
});

Deno.test("reconcileSource() begins anew with a source that was deleted and created in one breath", async () => {
  await using world = await ReconcileWorld.create();
  await world.run();
  world.objects.deleteSource(name);
  world.objects.createSource({ ...name, spec: specWith({}) });
  const told = await world.run();
  assert.equal(told.fetches, 1);
  assert.deepEqual(world.conditions, ["Ready=True/Succeeded"]);
  assert.equal(world.artifact?.metadata.ownerReferences?.length, 1);
  assert.equal(world.artifact?.metadata.ownerReferences?.[0]?.uid, world.source.metadata.uid);
});

Deno.test("reconcileSource() leaves no file when it is aborted, and throws the reason", async () => {
  await using world = await ReconcileWorld.create();
  const abort = new AbortController();
  world.upstream.onFetch = () => abort.abort(new DOMException("stop", "AbortError"));
  await assert.rejects(world.run(abort.signal), { name: "AbortError", message: "stop" });
  assert.deepEqual(world.source.status, {});
});

Deno.test("reconcileSource() refuses a path that Flux would refuse before it asks the upstream", async () => {
  await using world = await ReconcileWorld.create({ destinationPath: "../up" });
  const told = await world.run();
  assert.deepEqual([told.fetches, told.result.requeueAt], [0, undefined]);
  assert.deepEqual(world.conditions, ["Ready=False/InvalidPath", "Stalled=True/InvalidPath"]);
});

Deno.test("reconcileSource() stalls on a configuration error until the spec changes", async () => {
  await using world = await ReconcileWorld.create();
  await world.run();
  world.changeSpec({ generator: { type: "http", http: { url: "nowhere" } } });
  const told = await world.run();
  assert.deepEqual([told.fetches, told.result.requeueAt], [0, undefined]);
  assert.deepEqual(told.events, ["InvalidURL ExternalSource", "InvalidURL ExternalArtifact"]);
  assert.deepEqual(world.conditions, ["Ready=False/InvalidURL", "Stalled=True/InvalidURL"]);
  assert.deepEqual(world.artifactConditions, ["Ready=False/InvalidURL"]);
  const again = await world.run();
  assert.deepEqual([again.writes, again.events], [[], []]);
  world.upstream.failure = configurationError(
    "InvalidURL",
    'Cannot fetch "http://10.0.0.1/": refused',
  );
  world.changeSpec(specWith({}));
  assert.equal((await world.run()).result.requeueAt, undefined);
});
