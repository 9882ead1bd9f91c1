import { strict as assert } from "node:assert";
import { bytesOf, packedFile } from "../../tests/contract/store.ts";
import { ManualClock } from "../../tests/manual_clock.ts";
import { MemoryStore } from "./memory_store.ts";
import { storeUsage } from "./store_usage.ts";

Deno.test("storeUsage() counts artifacts and their bytes", async () => {
  const directory = await Deno.makeTempDir();
  const store = new MemoryStore(1_000, new ManualClock());
  assert.deepEqual(await storeUsage(store), { artifacts: 0, bytes: 0 });
  for (const length of [10, 200]) {
    const { key, artifact } = await packedFile(directory, bytesOf(1, length));
    await store.put(key, artifact);
  }
  assert.deepEqual(await storeUsage(store), { artifacts: 2, bytes: 210 });
  await Deno.remove(directory, { recursive: true });
});
