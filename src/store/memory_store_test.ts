import { strict as assert } from "node:assert";
import { bytesOf, packedFile, testStore } from "../../tests/contract/store.ts";
import { ManualClock } from "../../tests/manual_clock.ts";
import { memory } from "./memory.ts";
import { MemoryStore } from "./memory_store.ts";

testStore(
  "MemoryStore",
  ({ clock }) => memory.open({ memoryStoreLimit: memory.settings.memoryStoreLimit.default }, clock),
);

Deno.test("MemoryStore refuses what is over its limit and evicts nothing", async () => {
  const directory = await Deno.makeTempDir();
  const store = new MemoryStore(2 * 2 ** 20, new ManualClock());
  const [held, tooMuch, fits] = await Promise.all([
    packedFile(directory, bytesOf(1, 1.5 * 2 ** 20)),
    packedFile(directory, bytesOf(2, 0.6 * 2 ** 20)),
    packedFile(directory, bytesOf(3, 0.5 * 2 ** 20)),
  ]);
  await store.put(held.key, held.artifact);
  await assert.rejects(store.put(tooMuch.key, tooMuch.artifact), {
    class: "storage",
    reason: "StorageOperationFailed",
    message:
      `Cannot store "${tooMuch.key}" in memory: it has 0.6 MiB, and 1.5 MiB of 2.0 MiB are in use; raise --memory-store-limit or set STORAGE_BACKEND=pvc`,
  });
  await store.put(fits.key, fits.artifact);
  assert.equal(await store.verify(held.key, held.artifact.digest), true);
  await Deno.remove(directory, { recursive: true });
});

Deno.test("MemoryStore counts puts that are under way, and no longer those that failed", async () => {
  const directory = await Deno.makeTempDir();
  const store = new MemoryStore(100, new ManualClock());
  const [first, second] = await Promise.all([
    packedFile(directory, bytesOf(1, 60)),
    packedFile(directory, bytesOf(2, 60)),
  ]);
  const missing = store.put(first.key, { ...first.artifact, file: `${directory}/none` });
  await assert.rejects(store.put(second.key, second.artifact), { class: "storage" });
  await assert.rejects(missing, { class: "storage" });
  await store.put(second.key, second.artifact);
  await Deno.remove(directory, { recursive: true });
});

Deno.test("MemoryStore counts what it holds once, whatever is put again, replaced and deleted", async () => {
  const directory = await Deno.makeTempDir();
  const store = new MemoryStore(100, new ManualClock());
  const [first, second] = await Promise.all([
    packedFile(directory, bytesOf(1, 60)),
    packedFile(directory, bytesOf(2, 90)),
  ]);
  await store.put(first.key, first.artifact);
  await store.put(first.key, first.artifact);
  await store.put(first.key, second.artifact);
  await store.delete(first.key, { putBefore: 0 });
  await assert.rejects(store.put(second.key, second.artifact), { class: "storage" });
  await store.delete(first.key);
  await store.delete(first.key);
  await store.put(second.key, second.artifact);
  await assert.rejects(store.put(first.key, first.artifact), { class: "storage" });
  await Deno.remove(directory, { recursive: true });
});
