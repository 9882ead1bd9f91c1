import assert from "node:assert/strict";
import { type ControlPlane, startControlPlane } from "../cluster/control_plane.ts";
import { freePort } from "./controller_process.ts";
import { eventually } from "./eventually.ts";
import { FluxWorld, isReady, patience } from "./flux_world.ts";
import { GoLeftovers } from "./go_leftovers.ts";

let plane: ControlPlane;
Deno.test.beforeAll(async () => {
  plane = await startControlPlane({ with: ["kustomize-controller"] });
});
Deno.test.afterAll(() => plane.close());

async function untilGone(world: FluxWorld, name: string): Promise<void> {
  const look = async () => await world.api.get(world.path("ExternalSource", name)) === undefined;
  await eventually(look, { withinMs: patience, what: "the deleted source is gone" });
}

async function assertOldServed(world: FluxWorld, name: string): Promise<void> {
  const { status } = await world.artifact(name);
  const served = await fetch(status!.artifact!.url);
  assert.equal(served.status, 200);
  assert.deepEqual(new Uint8Array(await served.arrayBuffer()), GoLeftovers.bytes);
}

async function assertAdopted(world: FluxWorld, name: string): Promise<void> {
  const source = await world.source(name);
  const artifact = await world.artifact(name);
  assert.ok(isReady(source.status));
  assert.equal(source.metadata.finalizers, undefined);
  assert.match(source.status!.artifact!.revision, /^latest@sha256:/);
  assert.deepEqual(source.status?.conditions?.map(({ type }) => type), ["Ready"]);
  for (const { status } of [source, artifact]) {
    const { created, size, contentHash } = status!.artifact!.metadata ?? {};
    assert.deepEqual([created, size, contentHash], [undefined, undefined, undefined]);
  }
  const managers = artifact.metadata.managedFields ?? [];
  assert.ok(managers.every(({ manager }) => manager !== "manager"), JSON.stringify(managers));
}

Deno.test("objects and files of the Go implementation are served, adopted and cleaned", async () => {
  const volume = await Deno.makeTempDir();
  const port = freePort();
  const held = Promise.withResolvers<void>();
  let file = "";
  const prepare = async (world: FluxWorld) => {
    world.publishUpstream("first");
    world.document.held = held.promise;
    const leftovers = new GoLeftovers(world, { name: "app", base: `http://127.0.0.1:${port}` });
    await leftovers.writeObjects();
    file = await leftovers.writeFile(volume);
  };
  const args = ["--artifact-retention-ttl=1s", "--artifact-retention-records=1"];
  const env = { STORAGE_BACKEND: "pvc", PVC_STORAGE_PATH: volume };
  try {
    await FluxWorld.run(plane, { prepare, port, args, env }, async (world) => {
      await assertOldServed(world, "app").finally(held.resolve);
      await world.createKustomization("app");
      await world.untilApplied("app", "first");
      await assertAdopted(world, "app");
      const isCollected = () => Deno.stat(file).then(() => false, () => true);
      await eventually(isCollected, { withinMs: patience, what: "the old file is collected" });
      await world.delete("ExternalSource", "app");
      await untilGone(world, "app");
    });
  } finally {
    held.resolve();
    await Deno.remove(volume, { recursive: true });
  }
});

Deno.test("a source that was deleted under the Go implementation and waits for its finalizer is let go", async () => {
  const prepare = async (world: FluxWorld) => {
    await new GoLeftovers(world, { name: "app", base: "http://127.0.0.1:1" }).writeObjects();
    await world.delete("ExternalSource", "app");
    assert.ok((await world.source("app")).metadata.finalizers, "it is still held");
  };
  await FluxWorld.run(plane, { prepare }, async (world) => {
    await untilGone(world, "app");
    assert.deepEqual(world.document.answers, []);
    // Nobody collects it here; the status of the Go implementation obeys no law.
    await world.delete("ExternalArtifact", "app");
  });
});
