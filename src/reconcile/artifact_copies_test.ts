import assert from "node:assert/strict";
import { ReconcileWorld } from "../../tests/reconcile_world.ts";
import { noCopies } from "./artifact_copies.ts";

Deno.test("reconcileSource() has other replicas hold an artifact before it is published, and only a new one", async () => {
  await using world = await ReconcileWorld.create();
  const spread: string[] = [];
  world.copies = {
    ...noCopies,
    spread: async (key) => {
      assert.ok(await world.store.stat(key), "it is not stored yet");
      assert.equal(world.artifact, undefined);
      spread.push(key);
      return undefined;
    },
  };
  const first = await world.run();
  assert.deepEqual(spread, [world.source.status.artifact?.path]);
  assert.deepEqual(first.events.filter((event) => event.startsWith("CopiesMissing")), []);
  await world.runAgain(first);
  assert.equal(spread.length, 1);
});

Deno.test("reconcileSource() publishes without copies, and says so", async () => {
  await using world = await ReconcileWorld.create();
  world.copies = { ...noCopies, spread: () => Promise.resolve("no peer answered") };
  const { events } = await world.run();
  assert.deepEqual(events.filter((event) => event.startsWith("CopiesMissing")), [
    "CopiesMissing ExternalSource",
  ]);
  assert.ok(world.source.status.artifact);
  assert.match(world.objects.events[0]?.message ?? "", /no peer answered/);
});

Deno.test("reconcileSource() gets a lost artifact back from another replica without asking the upstream", async () => {
  await using world = await ReconcileWorld.create();
  await world.run();
  const { path, digest } = world.source.status.artifact!;
  const asked: string[] = [];
  await world.store.delete(path);
  world.restart();
  world.copies = {
    ...noCopies,
    recover: (artifact) => {
      asked.push(artifact.path);
      return Promise.resolve(artifact.digest === digest);
    },
  };
  assert.equal((await world.run()).fetches, 0);
  assert.deepEqual(asked, [path]);
  world.copies = noCopies;
  assert.equal((await world.run()).fetches, 1);
  assert.ok(await world.store.verify(path, digest));
});
