import assert from "node:assert/strict";
import { ObjectsUnavailableError } from "../objects/objects.ts";
import { name, ReconcileWorld } from "../../tests/reconcile_world.ts";

const secret = { ...name, name: "token" };
const generator = { type: "http", http: { url: "http://upstream.test/", secret: "token" } };

Deno.test("reconcileSource() waits for a missing Secret without end and without counting", async () => {
  await using world = await ReconcileWorld.create({ generator });
  let told = await world.run();
  for (let failures = 1; failures <= 5; failures++) {
    assert.deepEqual(world.conditions, [
      "Ready=False/SecretNotFound",
      "Reconciling=True/ProgressingWithRetry",
    ]);
    assert.equal(told.fetches, 0);
    assert.equal(told.result.requeueAt, world.clock.now() + 2_000 * failures);
    assert.equal(world.source.status.failures, undefined);
    told = await world.runAgain(told);
  }
  world.objects.putSecret(secret, { value: new Uint8Array([1]) });
  told = await world.runAgain(told);
  assert.equal(told.fetches, 1);
  assert.deepEqual(world.conditions, ["Ready=True/Succeeded"]);
});

Deno.test("reconcileSource() says which Secret it may not read, until it may", async () => {
  await using world = await ReconcileWorld.create({ generator });
  world.objects.putSecret(secret, { value: new Uint8Array([1]) });
  const first = await world.run();
  world.objects.onCall = (call) => {
    if (call !== "readSecret") return;
    const details = { refusal: "forbidden" } as const;
    throw new ObjectsUnavailableError("Cannot get Secret: status 403, who are you", details);
  };
  let told = await world.runAgain(first);
  const reason = "SecretForbidden";
  assert.deepEqual(told.events, [`${reason} ExternalSource`, `${reason} ExternalArtifact`]);
  for (let failures = 1; failures <= 5; failures++) {
    assert.deepEqual(world.conditions, [
      `Ready=False/${reason}`,
      "Reconciling=True/ProgressingWithRetry",
    ]);
    assert.deepEqual([told.fetches, world.source.status.failures], [0, undefined]);
    assert.equal(told.result.requeueAt, world.clock.now() + 2_000 * failures);
    told = await world.runAgain(told);
    assert.deepEqual([told.events, told.writes], [[], []]);
  }
  assert.equal(
    world.condition("Ready")?.message,
    'Cannot read Secret "team/token": the API server forbids it (RBAC); ' +
      'allow the controller\'s ServiceAccount to "get" Secrets in namespace "team"',
  );
  world.objects.onCall = () => {};
  told = await world.runAgain(told);
  assert.equal(told.fetches, 1);
  assert.deepEqual(world.conditions, ["Ready=True/Succeeded"]);
});

Deno.test("reconcileSource() fetches in full when a Secret has another version", async () => {
  await using world = await ReconcileWorld.create({ generator });
  world.objects.putSecret(secret, { value: new Uint8Array([1]) });
  const first = await world.run();
  world.objects.putSecret(secret, { value: new Uint8Array([2]) });
  const told = await world.runAgain(first);
  assert.equal(world.upstream.requests[0]?.validators, undefined);
  assert.deepEqual([told.writes, told.events], [["writeSourceStatus"], []]);
});

Deno.test("reconcileSource() runs again, not before it is wanted, when the API server cannot give a Secret", async () => {
  await using world = await ReconcileWorld.create({ generator });
  world.objects.onCall = () => {
    throw new ObjectsUnavailableError("Cannot get Secret: refused", { retryAfterMs: 7_000 });
  };
  const told = await world.run();
  assert.equal(told.result.outcome.kind, "unwritten");
  const spread = 500; // of the world's delays
  assert.equal(told.result.requeueAt, world.clock.now() + 7_000 + spread);
});

Deno.test("reconcileSource() backs off from an API server that asks for no wait at all", async () => {
  await using world = await ReconcileWorld.create({ generator });
  world.objects.onCall = () => {
    throw new ObjectsUnavailableError("Cannot get Secret: refused", { retryAfterMs: 0 });
  };
  const waits: number[] = [];
  for (let round = 0; round < 3; round++) {
    const { result } = await world.run();
    waits.push(result.requeueAt! - world.clock.now());
  }
  assert.deepEqual(waits, [1_000, 2_000, 4_000]);
});
