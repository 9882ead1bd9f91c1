import { strict as assert } from "node:assert";
import {
  bytesOf,
  packedFile,
  type StoreTestContext,
  testStore,
} from "../../tests/contract/store.ts";
import { ManualClock } from "../../tests/manual_clock.ts";
import type { ArtifactStore } from "./artifact_store.ts";
import { LimitedStore } from "./limited_store.ts";
import { MemoryStore } from "./memory_store.ts";

testStore(
  "LimitedStore",
  ({ clock }: StoreTestContext) =>
    Promise.resolve(
      new LimitedStore(new MemoryStore(2 ** 30, clock), { maxBytes: 2 ** 30, clock }),
    ),
);

const minute = 60_000;

/** A store of which 1,000 bytes may be used, and the walks through it. */
class World implements AsyncDisposable {
  readonly clock = new ManualClock();
  readonly beneath = new MemoryStore(2 ** 20, this.clock);
  readonly directory: string;
  readonly store: ArtifactStore;
  walks = 0;
  failure: Error | undefined;

  private constructor(directory: string) {
    this.directory = directory;
    const { beneath } = this;
    const list = (prefix: string) => {
      this.walks++;
      if (this.failure) throw this.failure;
      return beneath.list(prefix);
    };
    const counted = new Proxy(beneath, {
      get(target, name: keyof MemoryStore) {
        return name === "list" ? list : target[name].bind(target);
      },
    });
    this.store = new LimitedStore(counted, { maxBytes: 1_000, clock: this.clock });
  }

  static async create(): Promise<World> {
    return new World(await Deno.makeTempDir());
  }

  async put(seed: number, length: number, store = this.store): Promise<string> {
    const { key, artifact } = await packedFile(this.directory, bytesOf(seed, length));
    await store.put(key, artifact);
    return key;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Deno.remove(this.directory, { recursive: true });
  }
}

Deno.test("LimitedStore refuses what is over the limit, says what is in use and which setting it is", async () => {
  await using world = await World.create();
  await world.put(1, 600);
  await assert.rejects(world.put(2, 401), {
    class: "storage",
    message:
      /^Cannot store "artifacts\/apps\/web\/[0-9a-f]+\.tar\.gz": it has 401 B, and 600 B of 1000 B are in use; raise --storage-max-bytes, or /,
  });
  await world.put(3, 400);
  await world.put(1, 600);
  await assert.rejects(world.put(4, 1), { class: "storage" });
});

Deno.test("LimitedStore counts what was there, what is deleted, and not what failed", async () => {
  await using world = await World.create();
  const old = await world.put(1, 900, world.beneath);
  await assert.rejects(world.put(2, 101), { class: "storage" });
  await world.store.delete(old, { putBefore: 0 });
  await assert.rejects(world.put(2, 101), { class: "storage" }, "it is still there");
  await world.store.delete(old);
  const { key, artifact } = await packedFile(world.directory, bytesOf(3, 900));
  await assert.rejects(world.store.put(key, { ...artifact, file: "/none" }), { class: "storage" });
  await world.store.put(key, artifact);
  assert.equal(world.walks, 1, "no walk for a put");
});

Deno.test("LimitedStore gives the same room to one only of several at once", async () => {
  await using world = await World.create();
  const puts = await Promise.allSettled([1, 2, 3, 4].map((seed) => world.put(seed, 400)));
  assert.equal(puts.filter(({ status }) => status === "fulfilled").length, 2);
});

Deno.test("LimitedStore learns within five minutes what others put and deleted, and waits for no walk", async () => {
  await using world = await World.create();
  await world.put(1, 100);
  const theirs = await world.put(2, 850, world.beneath);
  await world.put(3, 100);
  await world.clock.advance(5 * minute);
  await world.put(4, 1); // begins a walk
  await world.clock.advance(0);
  await assert.rejects(world.put(5, 1), { class: "storage" });
  await world.beneath.delete(theirs);
  await world.clock.advance(5 * minute);
  await world.put(5, 1).catch(() => {});
  await world.clock.advance(0);
  await world.put(6, 700);
  assert.equal(world.walks, 3);
});

Deno.test("LimitedStore puts nothing while it cannot count, and tries again", async () => {
  await using world = await World.create();
  world.failure = new Error("unreachable");
  await assert.rejects(world.put(1, 1), { message: "unreachable" });
  world.failure = undefined;
  await world.put(1, 1);
});
