import assert from "node:assert/strict";
import { ManualClock } from "../../tests/manual_clock.ts";
import type { StoredArtifact } from "./artifact_store.ts";
import { bytesArtifact } from "./bytes_artifact.ts";
import { RecentArtifacts } from "./recent_artifacts.ts";

/** A store that counts what is opened and not closed again. */
class CountingStore {
  readonly artifacts = new Map<string, Uint8Array>();
  readonly clock = new ManualClock();
  readonly recent = new RecentArtifacts({ store: this, clock: this.clock });
  opened = 0;
  closed = 0;

  open(key: string): Promise<StoredArtifact | undefined> {
    const bytes = this.artifacts.get(key);
    if (!bytes) return Promise.resolve(undefined);
    this.opened++;
    return Promise.resolve({ ...bytesArtifact(bytes), close: () => void this.closed++ });
  }

  async download(key: string): Promise<Uint8Array | undefined> {
    const artifact = await this.recent.open(key);
    if (!artifact) return undefined;
    const bytes = new Uint8Array(artifact.size);
    await artifact.read!(bytes, 0);
    artifact.close();
    return bytes;
  }
}

Deno.test("RecentArtifacts.open() asks the store no more from the second download on, for 5 s", async () => {
  const world = new CountingStore();
  const bytes = new Uint8Array(50_000).fill(7);
  world.artifacts.set("a", bytes);
  for (let i = 0; i < 10; i++) assert.deepEqual(await world.download("a"), bytes);
  assert.deepEqual([world.opened, world.closed], [2, 2]);
  world.artifacts.delete("a");
  await world.clock.advance(4_999);
  assert.deepEqual(await world.download("a"), bytes);
  await world.clock.advance(1);
  assert.equal(await world.download("a"), undefined);
});

Deno.test("RecentArtifacts.open() leaves large artifacts to the store", async () => {
  const world = new CountingStore();
  world.artifacts.set("large", new Uint8Array(128 * 1024 + 1));
  for (let i = 0; i < 3; i++) await world.download("large");
  assert.equal(world.opened, 3);
});

Deno.test("RecentArtifacts.open() keeps at most 4 MiB, and those that are there until they are 5 s old", async () => {
  const world = new CountingStore();
  const keys = Array.from({ length: 41 }, (_, i) => `key ${i}`);
  const downloadAll = async () => {
    const before = world.opened;
    for (const key of keys) await world.download(key);
    return world.opened - before;
  };
  for (const key of keys) world.artifacts.set(key, new Uint8Array(102_400));
  for (let i = 0; i < 2; i++) assert.equal(await downloadAll(), 41);
  for (let i = 0; i < 2; i++) assert.equal(await downloadAll(), 1, "only the last found no room");
  await world.clock.advance(5_000);
  keys.reverse();
  for (let i = 0; i < 2; i++) assert.equal(await downloadAll(), 41);
  assert.equal(await downloadAll(), 1);
  assert.equal(world.opened, world.closed);
});

Deno.test("RecentArtifacts.open() refuses a file that has become shorter, and asks again", async () => {
  let left = 100;
  const store = {
    open: () => Promise.resolve({ ...bytesArtifact(new Uint8Array(left)), size: 100 }),
  };
  const recent = new RecentArtifacts({ store, clock: new ManualClock() });
  await recent.open("a");
  left = 50;
  await assert.rejects(recent.open("a"), /shorter/);
  left = 100;
  assert.equal((await recent.open("a"))?.size, 100);
});
