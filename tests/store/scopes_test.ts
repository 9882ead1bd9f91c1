import { strict as assert } from "node:assert";
import type { NamespacedName } from "../../src/core/source_key.ts";
import { StoreOwner } from "../../src/reconcile/store_owner.ts";
import { type SweepContext, sweepStore } from "../../src/reconcile/sweep_store.ts";
import type { ArtifactStore } from "../../src/store/artifact_store.ts";
import type { OwnerSelector } from "../../src/store/owner_mark.ts";
import { memory } from "../../src/store/memory.ts";
import { pvc } from "../../src/store/pvc.ts";
import { bytesOf, keysOf, packedFile } from "../contract/store_fixtures.ts";
import { ManualClock } from "../manual_clock.ts";
import { MemoryObjects } from "../memory_objects.ts";
import { artifactOf } from "../source_fixtures.ts";

const minute = 60_000;
const everything: OwnerSelector = { namespace: "", labels: "" };
const ours = { namespace: "apps", name: "gone" };

const stores: Readonly<
  Record<string, (directory: string, clock: ManualClock) => Promise<ArtifactStore>>
> = {
  memory: (_, clock) => memory.open({ memoryStoreLimit: 2 ** 20 }, clock),
  pvc: (storagePath, clock) => pvc.open({ storagePath, storageMinFree: 0 }, clock),
};

/** One store, and clusters whose controllers sweep it. */
class World implements AsyncDisposable {
  readonly clock: ManualClock;
  readonly store: ArtifactStore;
  readonly told: string[] = [];
  readonly #scratch: string;
  readonly #abort = new AbortController();

  private constructor(scratch: string, clock: ManualClock, store: ArtifactStore) {
    this.#scratch = scratch;
    this.clock = clock;
    this.store = store;
  }

  static async open(kind: string): Promise<World> {
    const scratch = await Deno.makeTempDir();
    const clock = new ManualClock();
    return new World(scratch, clock, await stores[kind]!(`${scratch}/store`, clock));
  }

  /** Puts an artifact of a source long ago. */
  async put(source: NamespacedName, seed = 1): Promise<string> {
    const { key, artifact } = await packedFile(this.#scratch, bytesOf(seed, 10), source);
    await this.store.put(key, artifact);
    await this.clock.advance(10 * minute);
    return key;
  }

  /** The objects of a cluster, whose caches are synced. */
  cluster(): MemoryObjects {
    const objects = new MemoryObjects();
    void objects.watch(() => {}, this.#abort.signal);
    return objects;
  }

  owner(uid: string, selector = everything): StoreOwner {
    return new StoreOwner({
      store: this.store,
      selector,
      readClusterUid: () => Promise.resolve(uid),
      adopt: false,
      onRefused: (message) => this.told.push(message),
    });
  }

  sweep(objects: SweepContext["objects"], more: Partial<SweepContext> = {}): Promise<boolean> {
    return sweepStore({
      objects,
      store: this.store,
      owner: this.owner("one"),
      clock: this.clock,
      ttlMs: minute,
      isWanted: () => false,
      signal: this.#abort.signal,
      onSurplus: () => {},
      ...more,
    });
  }

  keys(): Promise<string[]> {
    return keysOf(this.store, "");
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#abort.abort();
    await this.store.close();
    await Deno.remove(this.#scratch, { recursive: true });
  }
}

for (const kind of Object.keys(stores)) {
  const test = (behaviour: string, body: (world: World) => Promise<void>) =>
    Deno.test(`sweepStore() of a ${kind} store ${behaviour}`, async () => {
      await using world = await World.open(kind);
      await body(world);
    });

  test("removes what a source has left that is gone", async (world) => {
    await world.put(ours);
    await world.sweep(world.cluster());
    assert.deepEqual(await world.keys(), []);
  });

  test("leaves other namespaces alone", async (world) => {
    await world.put(ours);
    const theirs = await world.put({ ...ours, namespace: "apps-2" });
    const owner = world.owner("one", { namespace: "apps", labels: "" });
    await world.sweep(world.cluster(), { watchNamespace: "apps", owner });
    assert.deepEqual(await world.keys(), [theirs]);
  });

  test("leaves sources alone that its selector does not show", async (world) => {
    const key = await world.put(ours);
    const [seen, live] = [world.cluster(), world.cluster()];
    live.createSource({ ...ours, spec: {} });
    const { sources, artifacts } = seen;
    const readSource = live.readSource.bind(live);
    const readArtifact = live.readArtifact.bind(live);
    const owner = world.owner("one", { namespace: "", labels: "team=a" });
    await world.sweep({ sources, artifacts, readSource, readArtifact }, { owner });
    assert.deepEqual(await world.keys(), [key]);
  });

  for (const selector of [everything, { namespace: "", labels: "a=b" }, { ...ours, labels: "" }]) {
    const watching = JSON.stringify([selector.namespace, selector.labels]);
    test(`leaves another cluster's alone that watches ${watching}, whoever came first`, async (world) => {
      const key = await world.put(ours);
      const [one, two] = [world.owner("one"), world.owner("two", selector)];
      await one.mayDelete();
      await world.sweep(world.cluster(), { owner: two });
      assert.deepEqual(await world.keys(), [key], "the second sees none of the first's sources");
      await world.sweep(world.cluster(), { owner: one });
      assert.deepEqual(await world.keys(), [key], "nor the first of the second's");
      assert.equal(world.told.length, 2);
    });
  }

  test("removes nothing before the caches are synced", async (world) => {
    const key = await world.put(ours);
    await world.sweep(new MemoryObjects());
    assert.deepEqual(await world.keys(), [key]);
  });

  test("keeps what an ExternalArtifact names whose source is gone", async (world) => {
    const [named, other] = [await world.put(ours, 1), await world.put(ours, 2)];
    const objects = world.cluster();
    // Without our label no cache has it.
    const artifact = { ...artifactOf("a", ours), path: named };
    objects.plantArtifact(ours, { spec: {}, status: { artifact }, metadata: { labels: {} } });
    await world.sweep(objects);
    assert.deepEqual(await world.keys(), [named], other);
  });

  test("removes nothing while the API server cannot be reached or refuses", async (world) => {
    const key = await world.put(ours);
    for (const calls of [["readSource"], ["readArtifact"]]) {
      const objects = world.cluster();
      objects.onCall = (call: string) => {
        if (calls.includes(call)) throw new Error(`${call} is refused`);
      };
      await assert.rejects(world.sweep(objects), /is refused/);
      assert.deepEqual(await world.keys(), [key]);
    }
  });

  test("keeps what is put again between the live GET and the delete", async (world) => {
    const key = await world.put(ours);
    const objects = world.cluster();
    const readSource: SweepContext["objects"]["readSource"] = async (name) => {
      const live = await objects.readSource(name);
      await world.put(ours);
      await world.clock.advance(-9.5 * minute);
      return live;
    };
    const { sources, artifacts } = objects;
    const readArtifact = objects.readArtifact.bind(objects);
    await world.sweep({ sources, artifacts, readSource, readArtifact });
    assert.deepEqual(await world.keys(), [key]);
  });
}
