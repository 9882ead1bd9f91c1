import assert from "node:assert/strict";
import { ManualClock } from "../../tests/manual_clock.ts";
import { bytesOf, packedFile, testStore } from "../../tests/contract/store.ts";
import type { ArtifactStore } from "./artifact_store.ts";
import { MemoryStore } from "./memory_store.ts";
import { RememberedStats } from "./remembered_stats.ts";

testStore(
  "RememberedStats",
  ({ clock }) => Promise.resolve(new RememberedStats(new MemoryStore(2 ** 24, clock), clock)),
);

class World {
  readonly clock = new ManualClock();
  readonly beneath = new MemoryStore(2 ** 20, this.clock);
  asked = 0;
  readonly store = new RememberedStats(
    new Proxy(this.beneath, {
      get: (target, property) => {
        if (property === "stat") this.asked++;
        const value: unknown = Reflect.get(target, property, target);
        return typeof value === "function" ? value.bind(target) : value;
      },
    }),
    this.clock,
  );

  static async run(story: (world: World, key: string) => Promise<void>) {
    const directory = await Deno.makeTempDir();
    try {
      const world = new World();
      const { key, artifact } = await packedFile(directory, bytesOf(1, 10));
      await world.store.put(key, artifact);
      await story(world, key);
    } finally {
      await Deno.remove(directory, { recursive: true });
    }
  }
}

Deno.test("RememberedStats asks for a key once in five minutes", () =>
  World.run(async (world, key) => {
    await world.clock.advance(299_999);
    assert.equal((await world.store.stat(key))?.size, 10);
    assert.equal(world.asked, 0);
    await world.clock.advance(1);
    for (let count = 0; count < 3; count++) await world.store.stat(key);
    assert.equal(world.asked, 1);
  }));

Deno.test("RememberedStats finds out after five minutes what is gone, and then asks each time", () =>
  World.run(async (world, key) => {
    await world.beneath.delete(key);
    await world.store.stat(key);
    assert.equal(world.asked, 0);
    await world.clock.advance(300_000);
    assert.equal(await world.store.stat(key), undefined);
    assert.equal(await world.store.stat(key), undefined);
    assert.equal(world.asked, 2);
  }));

const readings = {
  open: (store: ArtifactStore, key: string) => store.open(key),
  verify: (store: ArtifactStore, key: string) => store.verify(key, "sha256:0"),
  delete: (store: ArtifactStore, key: string) => store.delete(key),
};
for (const reading of ["open", "verify", "delete"] as const) {
  Deno.test(`RememberedStats believes nothing any more of a key that ${reading} finds gone`, () =>
    World.run(async (world, key) => {
      await world.beneath.delete(key);
      await readings[reading](world.store, key);
      assert.equal(await world.store.stat(key), undefined);
      assert.equal(world.asked, 1);
    }));
}
