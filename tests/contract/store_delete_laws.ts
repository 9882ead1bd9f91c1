import { strict as assert } from "node:assert";
import { artifactPrefix } from "../../src/core/artifact_key.ts";
import type { ArtifactStore } from "../../src/store/artifact_store.ts";
import { selectGarbage } from "../../src/store/garbage.ts";
import { deleteUnneeded } from "../../src/reconcile/delete_unneeded.ts";
import { bytesOf, keysOf, type PackedFile, packedFile, readKey, web } from "./store_fixtures.ts";
import type { StoreWorld, TestLaw } from "./store_world.ts";

/** What holds of `delete`. */
export function testDeleteLaws(test: TestLaw): void {
  test("deletes a key once for all who ask", async (store, { directory, another }) => {
    const { key, artifact } = await packedFile(directory, bytesOf(1));
    for (const condition of [undefined, { putBefore: Number.MAX_SAFE_INTEGER }]) {
      assert.equal(await store.delete(key, condition), true, "a key that never was");
      await store.put(key, artifact);
      const deletes = [store, another, store, another].map((each) => each.delete(key, condition));
      assert.deepEqual(await Promise.all(deletes), [true, true, true, true]);
      assert.equal(await store.open(key), undefined);
      assert.equal(await another.delete(key, condition), true);
      assert.deepEqual(await keysOf(another, ""), []);
    }
  });

  test("deletes only what was put before a time", async (store, { directory, another, time }) => {
    const { key, artifact } = await packedFile(directory, bytesOf(1));
    await store.put(key, artifact);
    const { lastPut } = (await another.stat(key))!;
    for (const putBefore of [lastPut, lastPut - 90_000]) {
      assert.equal(await another.delete(key, { putBefore }), false);
      assert.deepEqual(await readKey(store, key), bytesOf(1));
      assert.deepEqual(await keysOf(store, ""), [key]);
    }
    assert.equal((await store.stat(key))?.lastPut, lastPut, "a delete that is refused is no put");
    const putBefore = time.after(lastPut);
    await time.pass();
    await store.put(key, artifact);
    assert.equal(await another.delete(key, { putBefore }), false);
    const next = time.after((await store.stat(key))!.lastPut);
    assert.equal(await another.delete(key, { putBefore: next }), true);
    assert.equal(await store.stat(key), undefined);
  });

  test("keeps what is put while others delete what is older", async (store, world) => {
    const packed = await packedFile(world.directory, bytesOf(1, 30_000));
    for (let round = 0; round < world.races; round++) {
      await raceOnce(store, world, { packed, turns: round });
    }
  });

  test(
    "serves what is put and published again, whatever another owner chose meanwhile",
    async (store, world) => {
      for (let round = 0; round < world.races; round++) await backToAnOldOne(store, world);
    },
  );
}

/** Puts a key while two others delete it if it is older; from the end of the put on it is there. */
async function raceOnce(
  store: ArtifactStore,
  { time, another }: StoreWorld,
  { packed: { key, artifact }, turns }: { readonly packed: PackedFile; readonly turns: number },
) {
  await store.put(key, artifact);
  const putBefore = time.after((await store.stat(key))!.lastPut);
  await time.pass();
  let isPut = false;
  const deleting = [another, store].map(async (each, index) => {
    // Not before: a key that is gone when the put begins makes no race.
    for (let turn = 0; turn < turns + index && !isPut; turn++) await turnOfLoop();
    for (let more = 10; more > 0; more -= isPut ? 1 : 0) {
      await each.delete(key, { putBefore });
      await turnOfLoop();
    }
  });
  await store.put(key, artifact).finally(() => isPut = true);
  for (const reader of [another, store]) {
    assert.equal((await readKey(reader, key))?.length, artifact.size, "while deletes go on");
  }
  await Promise.all(deleting);
  assert.equal(await another.verify(key, artifact.digest), true);
  assert.equal(await another.delete(key, { putBefore }), false);
}

/** A was replaced by B; another owner is about to collect A when the source goes back to it. */
async function backToAnOldOne(store: ArtifactStore, world: StoreWorld) {
  const { time, another: collector, directory } = world;
  const [a, b] = [await packedFile(directory, bytesOf(1)), await packedFile(directory, bytesOf(2))];
  await store.put(a.key, a.artifact);
  await time.pass();
  await store.put(b.key, b.artifact);
  const garbage = selectGarbage({
    stored: collector.list(artifactPrefix(web)),
    currentKey: b.key,
    records: 1,
    ttlMs: time.ttlMs,
    now: time.otherClock.now(),
    replacedAt: new Map(),
    startedAt: 0,
  });
  assert.deepEqual(await Array.fromAsync(garbage), [a.key]);
  const collect = async () => {
    await time.catchUp();
    const { ttlMs, otherClock: clock } = time;
    return deleteUnneeded(a.key, { store: collector, clock, ttlMs, isWanted: () => false });
  };
  await Promise.all([collect(), store.put(a.key, a.artifact), collect()]);
  assert.deepEqual(await readKey(store, a.key), bytesOf(1), "put while it is collected");
  assert.equal(await collect(), false);
  assert.deepEqual(await readKey(collector, a.key), bytesOf(1), "put before it is collected");
  await time.pass();
  assert.equal(await collect(), true);
  assert.deepEqual(await keysOf(store, ""), [b.key]);
}

const turnOfLoop = () => new Promise((resolve) => setImmediate(resolve));
