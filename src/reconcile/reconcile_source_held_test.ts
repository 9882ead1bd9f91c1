import assert from "node:assert/strict";
import { configurationError, StepError } from "../core/step_error.ts";
import { ObjectsUnavailableError } from "../objects/objects.ts";
import { minute, name, ReconcileWorld } from "../../tests/reconcile_world.ts";

const hour = 60 * minute;

Deno.test("reconcileSource() gives the slot back with what the answer, good or bad, said of its host", async () => {
  await using world = await ReconcileWorld.create();
  const limits = { isRefusal: false, holdMs: minute };
  world.upstream.hostLimits = limits;
  const first = await world.run();
  await world.runAgain(first);
  const refusal = { isRefusal: true };
  world.upstream.failure = new StepError("Cannot fetch", {
    ...{ class: "transient", reason: "FetchFailed", hostLimits: refusal },
  });
  await world.clock.advance(hour);
  await world.run();
  assert.deepEqual(world.released, [["success", limits], ["success", limits], [
    "failure",
    refusal,
  ]]);
});

Deno.test("reconcileSource() of a host that wants no request writes nothing, and runs again when it does", async () => {
  await using world = await ReconcileWorld.create();
  await world.run();
  const { status } = world.source;
  await world.clock.advance(hour);
  world.holdMs = 2 * hour;
  const held = await world.run();
  assert.deepEqual([held.fetches, held.writes, held.events], [0, [], []]);
  const { requeueAt, isHeld, fetched, changed } = held.result;
  assert.deepEqual([requeueAt, isHeld], [world.clock.now() + 2 * hour, true]);
  assert.deepEqual([fetched, changed, world.source.status], [false, false, status]);
  world.holdMs = 0;
  assert.equal((await world.runAgain(held)).fetches, 1);
});

Deno.test("reconcileSource() answers a trigger once the host wants requests again, not before", async () => {
  await using world = await ReconcileWorld.create();
  await world.run();
  world.requestSource("now");
  world.holdMs = hour;
  const held = await world.run();
  assert.deepEqual([held.fetches, world.source.status.lastHandledReconcileAt], [0, undefined]);
  world.holdMs = 0;
  const answered = await world.runAgain(held);
  assert.deepEqual([answered.fetches, world.source.status.lastHandledReconcileAt], [1, "now"]);
});

Deno.test("reconcileSource() restores what is published while its host wants no request", async () => {
  await using world = await ReconcileWorld.create();
  await world.run();
  const { artifact } = world.artifact!.status;
  world.objects.deleteArtifact(name);
  await world.clock.advance(hour);
  world.holdMs = hour;
  await world.run();
  assert.deepEqual(world.artifact!.status.artifact, artifact);
});

Deno.test("reconcileSource() takes no changed spec for handled while its host wants no request", async () => {
  await using world = await ReconcileWorld.create();
  await world.run();
  world.changeSpec({ destinationPath: "other.json" });
  world.holdMs = hour;
  const held = await world.run();
  assert.equal(world.source.status.observedGeneration, 1);
  world.holdMs = 0;
  await world.runAgain(held);
  assert.equal(world.source.status.observedGeneration, 2);
});

Deno.test("reconcileSource() tells of the wait of a new source once, in its status and an event", async () => {
  await using world = await ReconcileWorld.create();
  world.holdMs = hour;
  const held = await world.run();
  assert.deepEqual(held.events, ["HostHeld ExternalSource"]);
  assert.deepEqual(world.conditions, ["Ready=Unknown/HostHeld", "Reconciling=True/HostHeld"]);
  const again = await world.run();
  assert.deepEqual([again.events, again.writes], [[], []]);
  world.holdMs = 0;
  await world.runAgain(again);
  assert.deepEqual(world.conditions, ["Ready=True/Succeeded"]);
});

/** A source whose URL is refused, and the same after a restart that allows it, on a host that wants no request for an hour. */
async function allowedWhileHeld(world: ReconcileWorld) {
  const prepare = world.upstream.prepare.bind(world.upstream);
  world.upstream.prepare = () => {
    throw configurationError("RefusedAddress", "Cannot use the URL: its address is refused");
  };
  await world.run();
  const refused = ["Ready=False/RefusedAddress", "Stalled=True/RefusedAddress"];
  assert.deepEqual(world.conditions, refused);
  world.upstream.prepare = prepare;
  world.restart();
  world.holdMs = hour;
  return { refused, held: await world.run() };
}

Deno.test("reconcileSource() stalls no more for what is allowed by now while its host wants no request", async () => {
  await using world = await ReconcileWorld.create();
  const { held } = await allowedWhileHeld(world);
  assert.deepEqual(world.conditions, ["Ready=Unknown/HostHeld", "Reconciling=True/HostHeld"]);
  const again = await world.run();
  assert.deepEqual([held.result.changed, again.writes], [true, []]);
  world.holdMs = 0;
  await world.runAgain(again);
  assert.deepEqual(world.conditions, ["Ready=True/Succeeded"]);
});

Deno.test("reconcileSource() says what it said of what is published while its host wants no request", async () => {
  await using world = await ReconcileWorld.create();
  await world.run();
  world.changeSpec({ interval: "10m" });
  const { refused } = await allowedWhileHeld(world);
  assert.deepEqual(world.conditions, refused);
});

Deno.test("reconcileSource() keeps status and ExternalArtifact alike while its host wants no request", async () => {
  await using world = await ReconcileWorld.create();
  await world.run();
  await world.clock.advance(hour);
  world.holdMs = 24 * hour;
  world.urlBase = "http://moved:8080";
  await world.run();
  const { url } = world.artifact!.status.artifact!;
  assert.match(url, /^http:\/\/moved:8080/);
  assert.equal(world.source.status.artifact?.url, url);
});

Deno.test("reconcileSource() writes what an earlier fetch came to although the host wants no request now", async () => {
  await using world = await ReconcileWorld.create();
  world.upstream.failure = new StepError("Cannot fetch", {
    class: "transient",
    reason: "FetchFailed",
  });
  world.objects.onCall = () => {
    throw new ObjectsUnavailableError("Cannot write: refused");
  };
  await world.run();
  world.objects.onCall = () => {};
  await world.clock.advance(hour);
  world.holdMs = hour;
  const told = await world.run();
  assert.deepEqual([told.fetches, told.result.changed], [0, true]);
  assert.deepEqual(world.conditions[0], "Ready=False/FetchFailed");
});
