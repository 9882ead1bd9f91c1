import assert from "node:assert/strict";
import { StepError } from "../core/step_error.ts";
import { ConflictError, ObjectsUnavailableError } from "../objects/objects.ts";
import type { Call } from "../../tests/memory_objects.ts";
import { minute, name, ReconcileWorld, specWith } from "../../tests/reconcile_world.ts";

const on = (reason: string) => [`${reason} ExternalSource`, `${reason} ExternalArtifact`];
const refused = () =>
  new StepError("Cannot fetch: refused", { class: "transient", reason: "FetchFailed" });

/** Lets the next call of that name fail. */
function failOnce(world: ReconcileWorld, call: Call, error: Error): void {
  world.objects.onCall = (each) => {
    if (each !== call) return;
    world.objects.onCall = () => {};
    throw error;
  };
}

for (const call of ["createArtifact", "writeArtifactStatus", "writeSourceStatus"] as const) {
  Deno.test(`reconcileSource() publishes what was stored after ${call} failed for want of a server`, async () => {
    await using world = await ReconcileWorld.create();
    failOnce(world, call, new ObjectsUnavailableError("Cannot write: refused"));
    const lost = await world.run();
    assert.equal(lost.result.outcome.kind, "unwritten");
    assert.equal(lost.result.requeueAt, world.clock.now() + 1_000);
    const told = await world.runAgain(lost);
    assert.deepEqual([told.fetches, told.puts], [0, 0]);
    assert.deepEqual(told.events, on("NewArtifact"));
    assert.deepEqual(world.conditions, ["Ready=True/Succeeded"]);
    assert.equal(told.result.requeueAt, Date.UTC(2026, 0, 1) + 5 * minute);
    assert.deepEqual((await world.run()).writes, []);
  });
}

Deno.test("reconcileSource() loses no new content that could not be published, though a 304 follows", async () => {
  await using world = await ReconcileWorld.create();
  const first = await world.run();
  const before = world.source.status.artifact!;
  [world.upstream.document, world.upstream.etag] = ["second", '"2"'];
  failOnce(world, "writeArtifactStatus", new ObjectsUnavailableError("Cannot write: refused"));
  const lost = await world.runAgain(first);
  world.requestSource("now");
  const told = await world.runAgain(lost);
  assert.deepEqual(told.events, on("NewArtifact"));
  assert.notEqual(world.source.status.artifact?.revision, before.revision);
  assert.equal(world.source.status.lastHandledETag, '"2"');
  assert.equal(world.source.status.lastHandledReconcileAt, "now");
});

Deno.test("reconcileSource() tells a recovery whose status could not be written, before the next interval", async () => {
  await using world = await ReconcileWorld.create();
  const first = await world.run();
  world.upstream.failure = refused();
  const broken = await world.runAgain(first);
  world.upstream.failure = undefined;
  failOnce(world, "writeSourceStatus", new ObjectsUnavailableError("Cannot write: refused"));
  const lost = await world.runAgain(broken);
  const told = await world.runAgain(lost);
  assert.deepEqual(told.events, on("Succeeded"));
  assert.deepEqual(world.conditions, ["Ready=True/Succeeded"]);
  assert.deepEqual(world.artifactConditions, ["Ready=True/Succeeded"]);
});

Deno.test("reconcileSource() tells a failure whose status could not be written, counted once", async () => {
  await using world = await ReconcileWorld.create();
  const first = await world.run();
  world.upstream.failure = new StepError("Cannot fetch: status 429", {
    class: "transient",
    reason: "FetchFailed",
    retryAfterMs: 10 * minute,
  });
  failOnce(world, "writeSourceStatus", new ObjectsUnavailableError("Cannot write: refused"));
  const lost = await world.runAgain(first);
  const until = world.clock.now() + 10 * minute;
  const told = await world.runAgain(lost);
  assert.equal(told.fetches, 0);
  assert.deepEqual(told.events, on("FetchFailed"));
  assert.equal(world.source.status.failures, 1);
  assert.equal(told.result.requeueAt, until);
  assert.deepEqual(world.artifactConditions, ["Ready=False/FetchFailed"]);
});

Deno.test("reconcileSource() does not tell of an old spec what could not be written", async () => {
  await using world = await ReconcileWorld.create();
  failOnce(world, "writeSourceStatus", new ObjectsUnavailableError("Cannot write: refused"));
  await world.run();
  world.changeSpec({ destinationPath: "other" });
  const told = await world.run();
  assert.equal(told.fetches, 1);
  assert.equal(world.source.status.observedGeneration, 2);
});

Deno.test("reconcileSource() runs again at once after a conflict, then with backoff", async () => {
  await using world = await ReconcileWorld.create();
  const first = await world.run();
  world.upstream.failure = refused();
  let told = await world.runAgain(first);
  told = await world.runAgain(told);
  world.upstream.failure = undefined;
  world.objects.onCall = (call) => {
    if (call === "writeArtifactStatus") throw new ConflictError("Cannot write: it has changed");
  };
  const lost = await world.runAgain(told);
  assert.equal(lost.result.outcome.kind, "conflict");
  assert.equal(lost.result.requeueAt, world.clock.now());
  const again = await world.runAgain(lost);
  assert.ok(again.result.requeueAt! > world.clock.now());
  world.objects.onCall = () => {};
  await world.runAgain(again);
  assert.deepEqual(world.conditions, ["Ready=True/Succeeded"]);
});

Deno.test("reconcileSource() runs again at once after each first lost race", async () => {
  await using world = await ReconcileWorld.create();
  let told = await world.run();
  for (const document of ["second", "third"]) {
    [world.upstream.document, world.upstream.etag] = [document, `"${document}"`];
    failOnce(world, "writeArtifactStatus", new ConflictError("Cannot write: it has changed"));
    const lost = await world.runAgain(told);
    assert.equal(lost.result.requeueAt, world.clock.now());
    told = await world.runAgain(lost);
  }
});

Deno.test("reconcileSource() does not say of one source what came of another of its name", async () => {
  await using world = await ReconcileWorld.create();
  failOnce(world, "writeSourceStatus", new ObjectsUnavailableError("Cannot write: refused"));
  await world.run();
  world.objects.deleteSource(name);
  world.objects.createSource({ ...name, spec: specWith({ destinationPath: "other" }) });
  assert.equal((await world.run()).fetches, 1);
});

Deno.test("reconcileSource() suspended before it could publish knows what it published in the end", async () => {
  await using world = await ReconcileWorld.create();
  const first = await world.run();
  [world.upstream.document, world.upstream.etag] = ["second", '"2"'];
  failOnce(world, "writeArtifactStatus", new ObjectsUnavailableError("Cannot write: refused"));
  await world.runAgain(first);
  world.changeSpec({ suspend: true });
  const told = await world.run();
  assert.deepEqual([told.fetches, told.events], [0, on("NewArtifact")]);
  assert.equal(world.source.status.lastHandledETag, '"2"');
});

Deno.test("reconcileSource() forgets the wait of another upstream though the write was lost", async () => {
  await using world = await ReconcileWorld.create();
  const first = await world.run();
  world.upstream.failure = new StepError("Cannot fetch: status 429", {
    class: "transient",
    reason: "FetchFailed",
    retryAfterMs: 60 * minute,
  });
  await world.runAgain(first);
  world.upstream.failure = undefined;
  world.changeSpec({ generator: { type: "http", http: { url: "http://other.test/" } } });
  const fetchedAt = world.clock.now();
  failOnce(world, "writeArtifactStatus", new ObjectsUnavailableError("Cannot write: refused"));
  const told = await world.runAgain(await world.run());
  assert.equal(told.result.requeueAt, fetchedAt + 5 * minute);
  assert.equal(world.source.status.nextAttemptTime, undefined);
});

Deno.test("reconcileSource() looks every 10 s at most whether the API server is back", async () => {
  await using world = await ReconcileWorld.create();
  world.objects.onCall = () => {
    throw new ObjectsUnavailableError("Cannot write: refused");
  };
  let told = await world.run();
  const waits: number[] = [];
  for (let round = 0; round < 7; round++) {
    waits.push(told.result.requeueAt! - world.clock.now());
    told = await world.runAgain(told);
    assert.equal(told.fetches, 0);
  }
  assert.deepEqual(waits, [1_000, 2_000, 4_000, 8_000, 10_000, 10_000, 10_000]);
});

Deno.test("reconcileSource() backs off from an upstream that fails though no status tells of it", async () => {
  await using world = await ReconcileWorld.create();
  world.maxAttempts = 6;
  world.upstream.failure = refused();
  world.objects.onCall = () => {
    throw new ObjectsUnavailableError("Cannot write: refused");
  };
  const start = world.clock.now();
  const asked: number[] = [];
  for (let told = await world.run(); asked.length < 8; told = await world.runAgain(told)) {
    if (told.fetches > 0) asked.push((world.clock.now() - start) / 1_000);
  }
  const waits = asked.slice(1).map((at, index) => at - asked[index]!);
  assert.ok(waits.every((wait, index) => wait >= (index < 5 ? 2 ** index : 300)), `${waits}`);
  assert.ok(waits.every((wait, index) => wait <= (index < 5 ? 2 ** index + 10 : 310)), `${waits}`);
  world.objects.onCall = () => {};
  await world.clock.advance(5 * minute);
  await world.run();
  assert.deepEqual([world.source.status.failures, world.conditions], [9, [
    "Ready=False/FetchFailed",
    "Stalled=True/RetriesExhausted",
  ]]);
});

Deno.test("reconcileSource() backs off without a bound from a status that is refused as invalid, and says so once", async () => {
  await using world = await ReconcileWorld.create();
  world.objects.onCall = (call) => {
    if (call !== "writeSourceStatus") return;
    throw new ObjectsUnavailableError("Cannot write: status 422", { refusal: "invalid" });
  };
  let told = await world.run();
  assert.deepEqual(told.events, ["StatusRefused ExternalSource"]);
  const waits: number[] = [];
  for (let round = 0; round < 6; round++) {
    waits.push((told.result.requeueAt! - world.clock.now()) / 1_000);
    told = await world.runAgain(told);
    assert.deepEqual([told.fetches, told.events], [0, []]);
  }
  assert.deepEqual(waits, [1, 2, 4, 8, 16, 32]);
});
