import { strict as assert } from "node:assert";
import { ManualClock } from "../../tests/manual_clock.ts";
import { storeDefinitions } from "./registry.ts";
import type { StoreDefinition } from "./store_definition.ts";

Deno.test("storeDefinitions open with the values that their settings describe, or say what to set", async () => {
  const directory = await Deno.makeTempDir();
  const definitions: Readonly<Record<string, StoreDefinition>> = storeDefinitions;
  for (const [name, { settings, open, shared, mistakes }] of Object.entries(definitions)) {
    const defaults = Object.entries(settings).map(([key, setting]) => [key, setting.default]);
    const values = { ...Object.fromEntries(defaults), storagePath: directory };
    if (shared) { // Nobody knows where the service is.
      assert.match(mistakes?.(values).join() ?? "", /^Cannot .*[:;] (set|write) /, name);
      continue;
    }
    const store = await open(values, new ManualClock());
    assert.deepEqual(await Array.fromAsync(store.list("")), [], name);
    await store.close();
  }
  await Deno.remove(directory, { recursive: true });
});

Deno.test("storeDefinitions say what outlives the process", () => {
  assert.equal(storeDefinitions.memory.durable, false);
  assert.equal(storeDefinitions.pvc.durable, true);
  assert.equal(storeDefinitions.redis.durable, true);
});
