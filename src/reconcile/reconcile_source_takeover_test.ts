import assert from "node:assert/strict";
import { ownerAnnotation } from "../core/api_names.ts";
import { StepError } from "../core/step_error.ts";
import { ConflictError, ObjectsUnavailableError } from "../objects/objects.ts";
import { reconcileSource } from "./reconcile_source.ts";
import type { Call } from "../../tests/memory_objects.ts";
import { ManualClock } from "../../tests/manual_clock.ts";
import { key, name, ReconcileWorld } from "../../tests/reconcile_world.ts";

const fences: readonly Call[] = ["updateArtifact", "writeSourceStatus"];

/** A process that knows nothing goes on, as `self`. */
function takeOver(world: ReconcileWorld, self: string): void {
  world.restart();
  world.ownership = { self, unfenced: new Set([key]) };
}

/** Ends the process right before it would write the status of the source. */
async function killBeforeStatus(world: ReconcileWorld): Promise<void> {
  world.objects.onCall = (call) => {
    if (call === "writeSourceStatus") throw new ObjectsUnavailableError("Cannot write: killed");
  };
  await world.run();
  world.objects.onCall = () => {};
  world.restart();
}

Deno.test("reconcileSource() fences a source that came from a dead owner, without a fetch", async () => {
  await using world = await ReconcileWorld.create();
  world.ownership = { self: "a", unfenced: new Set() };
  await world.run();
  assert.equal(world.source.status.owner, "a");
  const [source, artifact] = [world.source, world.artifact!];

  takeOver(world, "b");
  const told = await world.run();
  assert.deepEqual([told.fetches, told.writes], [0, fences]);
  assert.equal(world.source.status.owner, "b");
  assert.match(world.artifact!.metadata.annotations![ownerAnnotation]!, /^b 2026-/);
  await assert.rejects(world.objects.writeArtifactStatus(artifact, {}), ConflictError);
  await assert.rejects(world.objects.writeSourceStatus(source, {}), ConflictError);
  assert.deepEqual((await world.run()).writes, []);
});

Deno.test("reconcileSource() fences also what bears its own name: the dead owner had only begun to write", async () => {
  await using world = await ReconcileWorld.create();
  world.ownership = { self: "a", unfenced: new Set() };
  await world.run();
  const artifact = world.artifact!;
  for (const _ of ["once", "and again"]) {
    await world.clock.advance(1_000);
    takeOver(world, "a");
    assert.deepEqual((await world.run()).writes, ["updateArtifact"]);
  }
  await assert.rejects(world.objects.writeArtifactStatus(artifact, {}), ConflictError);
});

for (const call of fences) {
  Deno.test(`reconcileSource() begins with nothing until ${call} has fenced the source`, async () => {
    await using world = await ReconcileWorld.create();
    await world.run();
    takeOver(world, "b");
    world.upstream.document = "second";
    world.requestSource("now");
    world.objects.onCall = (each) => {
      if (each === call) throw new ObjectsUnavailableError("Cannot write: refused");
    };
    const failed = await world.run();
    assert.deepEqual([failed.fetches, failed.result.outcome.kind], [0, "unwritten"]);
    world.objects.onCall = () => {};
    const told = await world.runAgain(failed);
    assert.equal(told.fetches, 1);
    assert.equal(world.source.status.owner, "b");
  });
}

Deno.test("reconcileSource() fences a source that has not published anything yet", async () => {
  await using world = await ReconcileWorld.create();
  takeOver(world, "b");
  const { writes } = await world.run();
  assert.deepEqual(writes[0], "writeSourceStatus");
  assert.equal(world.source.status.owner, "b");
});

Deno.test("reconcileSource() does not write a status for a new owner alone", async () => {
  await using world = await ReconcileWorld.create();
  world.ownership = { self: "a", unfenced: new Set() };
  await world.run();
  world.restart();
  world.ownership = { self: "b", unfenced: new Set() };
  world.requestSource("now");
  await world.run();
  assert.equal(world.source.status.owner, "b", "another reason to write");
  world.restart();
  world.ownership = { self: "a", unfenced: new Set() };
  assert.deepEqual((await world.run()).writes, []);
});

Deno.test("reconcileSource() goes on with what another process published but did not tell of", async () => {
  await using world = await ReconcileWorld.create();
  await world.run();
  world.upstream.document = "second";
  world.upstream.etag = '"2"';
  world.requestSource("now");
  await killBeforeStatus(world);
  const published = world.artifact!.status.artifact!;
  assert.notEqual(world.source.status.artifact?.revision, published.revision);

  world.upstream.failure = new StepError("Cannot fetch: refused", {
    class: "transient",
    reason: "FetchFailed",
  });
  await world.run();
  assert.equal(world.artifact!.status.artifact?.revision, published.revision);
  assert.equal(world.source.status.artifact?.revision, published.revision);

  world.upstream.failure = undefined;
  world.upstream.document = "first";
  world.upstream.etag = '"1"';
  world.restart();
  await world.runAgain(await world.run());
  assert.notEqual(world.artifact!.status.artifact?.revision, published.revision, "no 304 for it");
});

Deno.test("reconcileSource() does not go on with what nobody can serve", async () => {
  await using world = await ReconcileWorld.create();
  await world.run();
  const before = world.source.status.artifact!;
  world.upstream.document = "second";
  world.upstream.etag = '"2"';
  world.requestSource("now");
  await killBeforeStatus(world);
  await world.store.delete(world.artifact!.status.artifact!.path);
  world.objects.editSource(name, ({ metadata, ...rest }) => ({
    ...rest,
    metadata: { ...metadata, annotations: {} },
  }));
  await world.run();
  assert.equal(world.artifact!.status.artifact?.revision, before.revision);
});

Deno.test("reconcileSource() does not go on with what is older than the status", async () => {
  await using world = await ReconcileWorld.create();
  await world.run();
  const first = world.artifact!.status;
  await world.clock.advance(1_000);
  world.upstream.document = "second";
  world.upstream.etag = '"2"';
  world.requestSource("now");
  await world.run();
  const second = world.source.status.artifact!;
  world.restart();
  await world.objects.writeArtifactStatus(world.artifact!, first);
  await world.run();
  assert.equal(world.artifact!.status.artifact?.revision, second.revision);
});

for (const behindMs of [2_000, -2_000]) {
  Deno.test(`reconcileSource() goes on with what a replica published whose clock was behind by ${behindMs} ms`, async () => {
    await using world = await ReconcileWorld.create();
    await world.run();
    const now = world.clock.now();
    const setClock = (to: number) =>
      Object.defineProperty(world, "clock", { value: new ManualClock(to) });
    setClock(now - behindMs);
    world.restart();
    world.upstream.document = "second";
    world.upstream.etag = '"2"';
    world.requestSource("now");
    await killBeforeStatus(world);
    const published = world.artifact!.status.artifact!;
    setClock(now + 3_000);
    world.upstream.failure = new StepError("Cannot fetch: refused", {
      class: "transient",
      reason: "FetchFailed",
    });
    await world.run();
    assert.equal(world.artifact!.status.artifact!.revision, published.revision);
  });
}

Deno.test("reconcileSource() publishes nothing over what somebody else has published since it began", async () => {
  await using world = await ReconcileWorld.create();
  await world.run();
  world.upstream.document = "second";
  world.upstream.etag = '"2"';
  world.requestSource("1");
  let newest: string | undefined;
  world.upstream.onFetch = async ({ signal }) => {
    world.upstream.onFetch = () => {};
    world.upstream.document = "third";
    world.upstream.etag = '"3"';
    const other = { ...world.context(), memories: new Map() };
    await reconcileSource(key, other, { priority: "due", dueAt: 0, signal });
    newest = world.artifact!.status.artifact!.revision;
  };
  const told = await world.run();
  assert.equal(told.result.outcome.kind, "conflict");
  assert.equal(world.artifact!.status.artifact!.revision, newest);
  await world.runAgain(told);
  assert.equal(world.artifact!.status.artifact!.revision, newest);
});

Deno.test("reconcileSource() does not stop for an ExternalArtifact that it may not fence, but says so", async () => {
  await using world = await ReconcileWorld.create();
  await world.run();
  takeOver(world, "b");
  world.upstream.document = "second";
  world.upstream.etag = '"2"';
  world.requestSource("now");
  world.objects.onCall = (call) => {
    if (!["updateArtifact", "writeArtifactStatus"].includes(call)) return;
    throw new ObjectsUnavailableError("Cannot patch: 403", { refusal: "forbidden" });
  };
  const told = await world.run();
  assert.equal(told.fetches, 1);
  assert.equal(world.conditions[0], "Ready=False/ExternalArtifactUnavailable");
});
