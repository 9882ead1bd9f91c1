import assert from "node:assert/strict";
import { type ErrorClass, StepError } from "../core/step_error.ts";
import { minute, ReconcileWorld, specWith } from "../../tests/reconcile_world.ts";

const failed = (errorClass: ErrorClass, state: string, retryAfterMs?: number) =>
  new StepError(`Cannot fetch "http://upstream.test/file.json": ${state}`, {
    class: errorClass,
    reason: "FetchFailed",
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
  });
const retrying = ["Ready=False/FetchFailed", "Reconciling=True/ProgressingWithRetry"];
const exhausted = ["Ready=False/FetchFailed", "Stalled=True/RetriesExhausted"];
const on = (reason: string) => [`${reason} ExternalSource`, `${reason} ExternalArtifact`];

Deno.test("reconcileSource() keeps the artifact of a source that fails, and says so on both objects", async () => {
  await using world = await ReconcileWorld.create();
  const first = await world.run();
  const { artifact } = world.source.status;
  world.upstream.failure = failed("transient", "status 503");
  const told = await world.runAgain(first);
  assert.deepEqual(told.writes, ["writeArtifactStatus", "writeSourceStatus"]);
  assert.deepEqual(told.events, on("FetchFailed"));
  assert.equal(told.result.requeueAt, world.clock.now() + 1_000);
  assert.deepEqual(world.conditions, retrying);
  assert.deepEqual(world.artifactConditions, ["Ready=False/FetchFailed"]);
  assert.deepEqual(world.source.status.artifact, artifact);
  assert.deepEqual(world.artifact?.status.artifact, artifact);
  assert.equal(world.source.status.failures, 1);

  world.upstream.failure = failed("transient", "refused");
  const retried = await world.runAgain(told);
  assert.deepEqual(retried.events, []);
  assert.equal(retried.result.requeueAt, world.clock.now() + 2_000);

  world.upstream.failure = undefined;
  const recovered = await world.runAgain(retried);
  assert.deepEqual(recovered.events, on("Succeeded"));
  assert.deepEqual(recovered.writes, ["writeArtifactStatus", "writeSourceStatus"]);
  assert.deepEqual(world.conditions, ["Ready=True/Succeeded"]);
  assert.deepEqual(world.artifactConditions, ["Ready=True/Succeeded"]);
  assert.equal(world.source.status.failures, undefined);
  assert.deepEqual(world.source.status.artifact, artifact);
});

Deno.test("reconcileSource() makes no ExternalArtifact of a source that never succeeded", async () => {
  await using world = await ReconcileWorld.create();
  world.upstream.failure = failed("transient", "refused");
  const told = await world.run();
  assert.deepEqual(told.writes, ["writeSourceStatus"]);
  assert.deepEqual(told.events, ["FetchFailed ExternalSource"]);
});

Deno.test("reconcileSource() goes on at the interval once its retries are exhausted", async () => {
  await using world = await ReconcileWorld.create();
  let told = await world.run();
  world.upstream.failure = failed("transient", "refused");
  const seen: string[][] = [];
  for (const state of ["refused", "reset", "refused", "reset", "refused"]) {
    world.upstream.failure = failed("transient", state);
    told = await world.runAgain(told);
    seen.push([...told.events]);
  }
  assert.deepEqual(seen, [on("FetchFailed"), [], on("RetriesExhausted"), [], []]);
  assert.deepEqual(world.conditions, exhausted);
  assert.equal(told.result.requeueAt, world.clock.now() + 5 * minute);
  assert.equal(world.source.status.nextAttemptTime, undefined);
  world.upstream.failure = undefined;
  const recovered = await world.runAgain(told);
  assert.deepEqual(recovered.events, on("Succeeded"));
  assert.deepEqual(world.conditions, ["Ready=True/Succeeded"]);
  assert.equal(world.source.status.failures, undefined);
});

Deno.test("reconcileSource() answers a trigger of an exhausted source after a restart", async () => {
  await using world = await ReconcileWorld.create();
  let told = await world.run();
  world.upstream.failure = failed("transient", "refused");
  for (let round = 0; round < 3; round++) told = await world.runAgain(told);
  world.restart();
  world.requestSource("now");
  assert.equal((await world.run()).fetches, 1);
});

Deno.test("reconcileSource() tries a failing source after a restart when it would have without, whatever its interval", async () => {
  await using world = await ReconcileWorld.create({ interval: "24h" });
  await world.run();
  world.upstream.failure = failed("transient", "refused");
  world.requestSource("1");
  const failing = await world.run();
  world.restart();
  const again = await world.run();
  assert.deepEqual([again.fetches, again.result.requeueAt], [0, failing.result.requeueAt]);
  assert.equal((await world.runAgain(again)).fetches, 1);
});

Deno.test("reconcileSource() honours Retry-After", async () => {
  await using world = await ReconcileWorld.create();
  const first = await world.run();
  world.upstream.failure = failed("transient", "status 429", 10 * minute + 500);
  const told = await world.runAgain(first);
  const until = world.clock.now() + 10 * minute + 500;
  assert.equal(told.result.requeueAt, until);
  assert.ok(Date.parse(world.source.status.nextAttemptTime!) >= until);
  assert.ok(Date.parse(world.source.status.nextAttemptTime!) < until + 1_000);

  world.requestSource("now");
  world.requestArtifact("now");
  const held = await world.run();
  assert.deepEqual([held.fetches, held.writes], [0, []]);
  assert.equal(held.result.requeueAt, until);

  world.restart();
  const restarted = await world.run();
  assert.deepEqual([restarted.fetches, restarted.writes], [0, []]);
  assert.ok(restarted.result.requeueAt! >= until);

  world.upstream.failure = undefined;
  const after = await world.runAgain(restarted);
  assert.equal(after.fetches, 1);
  const { status } = world.source;
  assert.deepEqual(
    [status.lastHandledReconcileAt, status.lastHandledArtifactReconcileAt, status.nextAttemptTime],
    ["now", "now", undefined],
  );
});

Deno.test("reconcileSource() keeps to a long backoff across a restart, but not against a trigger or a new spec", async () => {
  await using world = await ReconcileWorld.create();
  world.maxAttempts = 100;
  let told = await world.run();
  world.upstream.failure = failed("transient", "refused");
  const failures = 8;
  for (let round = 0; round < failures; round++) told = await world.runAgain(told);
  const until = world.clock.now() + 1_000 * 2 ** (failures - 1);
  world.restart();
  const restarted = await world.run();
  assert.deepEqual([restarted.fetches, restarted.writes], [0, []]);
  assert.equal(restarted.result.requeueAt, until);

  for (const [index, change] of [() => world.requestSource("now"), changeSpec].entries()) {
    world.restart();
    change();
    assert.equal((await world.run()).fetches, 1, `change ${index}`);
  }
  assert.equal(world.source.status.lastHandledReconcileAt, "now");

  function changeSpec() {
    world.changeSpec({ destinationPath: "other" });
  }
});

Deno.test("reconcileSource() honours the Retry-After of a rejected request across a restart", async () => {
  await using world = await ReconcileWorld.create();
  await world.run();
  world.requestSource("1");
  world.upstream.failure = failed("rejected", "status 403", 10 * minute);
  await world.run();
  world.restart();
  const told = await world.run();
  assert.equal(told.fetches, 0);
  assert.equal(told.result.requeueAt, world.clock.now() + 10 * minute);
});

Deno.test("reconcileSource() asks again before Retry-After when the spec changes", async () => {
  await using world = await ReconcileWorld.create();
  const first = await world.run();
  world.upstream.failure = failed("transient", "status 429", 10 * minute);
  await world.runAgain(first);
  world.changeSpec({ generator: { type: "http", http: { url: "http://other.test/" } } });
  world.upstream.failure = failed("transient", "refused");
  const changed = await world.run();
  assert.equal(changed.fetches, 1);
  assert.equal(changed.result.requeueAt, world.clock.now() + 1_000);
  world.upstream.failure = undefined;
  const recovered = await world.runAgain(changed);
  assert.equal(recovered.fetches, 1, "the other upstream asked for no wait");
  assert.deepEqual(world.conditions, ["Ready=True/Succeeded"]);
});

Deno.test("reconcileSource() never plans a time that has passed", async () => {
  await using world = await ReconcileWorld.create();
  let told = await world.run();
  world.upstream.failure = failed("transient", "status 429", 10 * minute);
  told = await world.runAgain(told);
  world.changeSpec({ destinationPath: ".." });
  await world.run();
  world.changeSpec({ destinationPath: "x" });
  world.upstream.failure = failed("transient", "refused");
  told = await world.run();
  for (let round = 0; round < 4; round++) {
    told = await world.runAgain(told);
    assert.ok(told.result.requeueAt! > world.clock.now());
  }
});

Deno.test("reconcileSource() tries a rejected request at the interval, without Reconciling", async () => {
  await using world = await ReconcileWorld.create();
  const first = await world.run();
  world.upstream.failure = failed("rejected", "status 404");
  let told = await world.runAgain(first);
  for (let round = 0; round < 5; round++) {
    assert.deepEqual(world.conditions, ["Ready=False/FetchFailed"]);
    assert.equal(told.result.requeueAt, world.clock.now() + 5 * minute);
    assert.equal(world.source.status.failures, undefined);
    told = await world.runAgain(told);
    assert.deepEqual([told.writes, told.events], [[], []]);
  }
});

Deno.test("reconcileSource() keeps what is published when the store is full", async () => {
  await using world = await ReconcileWorld.create();
  const first = await world.run();
  const { artifact } = world.source.status;
  world.store.put = () =>
    Promise.reject(
      new StepError("Cannot store: it is full", {
        class: "storage",
        reason: "StorageOperationFailed",
      }),
    );
  [world.upstream.document, world.upstream.etag] = ["second", '"2"'];
  const told = await world.runAgain(first);
  assert.deepEqual(told.events, on("StorageOperationFailed"));
  assert.equal(told.result.requeueAt, world.clock.now() + 1_000);
  assert.deepEqual(world.source.status.artifact, artifact);
  Reflect.deleteProperty(world.store, "put");
  await world.runAgain(told);
  assert.notEqual(world.source.status.artifact?.revision, artifact!.revision);
  assert.deepEqual(world.conditions, ["Ready=True/Succeeded"]);
});

Deno.test("reconcileSource() counts failures anew under a new spec", async () => {
  await using world = await ReconcileWorld.create();
  world.upstream.failure = failed("transient", "refused");
  const first = await world.run();
  const second = await world.runAgain(first);
  assert.equal(second.result.requeueAt, world.clock.now() + 2_000);
  world.changeSpec(specWith({ destinationPath: "x" }));
  const anew = await world.run();
  assert.equal(anew.result.requeueAt, world.clock.now() + 1_000);
  assert.equal(world.source.status.failures, 1);
});

Deno.test("reconcileSource() does not tell what a bug said", async () => {
  await using world = await ReconcileWorld.create();
  world.upstream.failure = new TypeError("canary of a bug");
  const told = await world.run();
  assert.deepEqual(world.conditions, [
    "Ready=False/InternalError",
    "Reconciling=True/ProgressingWithRetry",
  ]);
  assert.equal(told.result.requeueAt, world.clock.now() + 1_000);
  assert.ok(told.result.outcome.kind === "failed");
  assert.equal(told.result.outcome.failure.error, world.upstream.failure);
  assert.ok(!JSON.stringify([world.source.status, world.objects.events]).includes("canary"));
});
