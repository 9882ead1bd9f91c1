import assert from "node:assert/strict";
import { sourceKey, splitSourceKey } from "../core/source_key.ts";
import type { StoredInfo } from "../store/artifact_store.ts";
import { ManualClock } from "../../tests/manual_clock.ts";
import { MemoryObjects } from "../../tests/memory_objects.ts";
import { settle } from "../../tests/settle.ts";
import { artifactOf } from "../../tests/source_fixtures.ts";
import { isNamed, type SweepContext, sweepStore } from "./sweep_store.ts";

const minute = 60_000;
const at = (name: string, namespace = "team") => ({ namespace, name });
const keyOf = (name: string, digit = "a", namespace = "team") =>
  artifactOf(digit, at(name, namespace)).path;

/** A store whose keys were put ten minutes ago, and synced objects. */
class World implements Disposable {
  readonly clock = new ManualClock();
  readonly objects = new MemoryObjects();
  readonly stored = new Map<string, StoredInfo>();
  readonly surplus: string[] = [];
  readonly #abort = new AbortController();

  constructor(...keys: string[]) {
    void this.objects.watch(() => {}, this.#abort.signal);
    for (const key of keys) this.put(key, this.clock.now() - 10 * minute);
  }

  [Symbol.dispose](): void {
    this.#abort.abort();
  }

  put(key: string, lastPut: number): void {
    this.stored.set(key, { key, size: 1, lastPut });
  }

  sweep(more: Partial<SweepContext> = {}): Promise<boolean> {
    const stored = this.stored;
    return sweepStore({
      objects: this.objects,
      store: {
        // deno-lint-ignore require-await -- the contract is an async iterable
        list: async function* () {
          yield* [...stored.values()];
        },
        delete: (key, condition) => {
          const isSpared = (stored.get(key)?.lastPut ?? 0) >= (condition?.putBefore ?? Infinity);
          return Promise.resolve(!isSpared && (stored.delete(key), true));
        },
      },
      clock: this.clock,
      ttlMs: minute,
      isWanted: () => false,
      signal: this.#abort.signal,
      onSurplus: (key) => this.surplus.push(key),
      ...more,
    });
  }

  get left(): string[] {
    return [...this.stored.keys()];
  }
}

const withReads = (objects: MemoryObjects): SweepContext["objects"] => ({
  sources: objects.sources,
  artifacts: objects.artifacts,
  readSource: (name) => objects.readSource(name),
  readArtifact: (name) => objects.readArtifact(name),
});

Deno.test("sweepStore() removes what a source that is gone has left", async () => {
  using world = new World(keyOf("gone"), keyOf("gone", "b"), keyOf("here"));
  world.objects.createSource({ ...at("here"), spec: {} });
  await world.sweep();
  assert.deepEqual(world.left, [keyOf("here")]);
});

Deno.test("sweepStore() removes nothing that is young", async () => {
  using world = new World();
  world.put(keyOf("gone"), world.clock.now() - minute + 1);
  await world.sweep();
  assert.equal(world.left.length, 1);
  await world.clock.advance(1);
  await world.sweep();
  assert.equal(world.left.length, 0);
});

Deno.test("sweepStore() removes nothing that a source of the same name stores meanwhile", async () => {
  using world = new World(keyOf("gone"), keyOf("gone", "b"), keyOf("gone", "c"));
  const { objects } = world;
  const readSource: SweepContext["objects"]["readSource"] = async (name) => {
    const live = await objects.readSource(name);
    world.put(keyOf("gone"), world.clock.now());
    return live;
  };
  await world.sweep({
    objects: { ...withReads(objects), readSource },
    isWanted: (key) => key === keyOf("gone", "b"),
  });
  assert.deepEqual(world.left, [keyOf("gone"), keyOf("gone", "b")]);
});

Deno.test("sweepStore() removes nothing from a store of another cluster", async () => {
  using world = new World(keyOf("gone"), keyOf("two"), keyOf("two", "b"));
  world.objects.createSource({ ...at("two"), spec: {} });
  await world.sweep({ owner: { mayDelete: () => Promise.resolve(false) } });
  assert.deepEqual([world.left.length, world.surplus], [3, []]);
  await world.sweep({ owner: { mayDelete: () => Promise.resolve(true) } });
  assert.deepEqual([world.left.length, world.surplus], [2, ["team/two"]]);
});

Deno.test("sweepStore() removes nothing before the caches are synced", async () => {
  using world = new World(keyOf("gone"));
  const objects = new MemoryObjects();
  await world.sweep({ objects });
  assert.equal(world.left.length, 1);
  assert.deepEqual(objects.calls, []);
});

Deno.test("sweepStore() believes no cache: a source that a live GET finds stays", async () => {
  using world = new World(keyOf("unseen"));
  const hidden = new MemoryObjects();
  hidden.createSource({ ...at("unseen"), spec: {} });
  const { sources, artifacts } = world.objects;
  const readSource = hidden.readSource.bind(hidden);
  const readArtifact = hidden.readArtifact.bind(hidden);
  await world.sweep({ objects: { sources, artifacts, readSource, readArtifact } });
  assert.equal(world.left.length, 1);
});

Deno.test("sweepStore() removes nothing when the live GET fails", async () => {
  using world = new World(keyOf("gone"));
  world.objects.onCall = () => {
    throw new Error("unreachable");
  };
  await assert.rejects(world.sweep(), { message: "unreachable" });
  assert.equal(world.left.length, 1);
});

for (const labels of [{ "app.kubernetes.io/managed-by": "externalsource-controller" }, {}]) {
  const seen = Object.keys(labels).length > 0 ? "that is watched" : "that only a live GET finds";
  Deno.test(`sweepStore() spares what an ExternalArtifact names ${seen}`, async () => {
    using world = new World(keyOf("gone"), keyOf("gone", "b"));
    const artifact = artifactOf("a", at("gone"));
    world.objects.plantArtifact(at("gone"), {
      spec: {},
      status: { artifact },
      metadata: { labels },
    });
    await world.sweep();
    assert.deepEqual(world.left, [keyOf("gone")]);
  });
}

Deno.test("sweepStore() works without Flux", async () => {
  using world = new World(keyOf("gone"));
  world.objects.artifacts.isInstalled = false;
  await world.sweep();
  assert.deepEqual([world.left, world.objects.calls], [[], ["readSource"]]);
});

Deno.test("sweepStore() leaves other namespaces alone, and what is no key of ours", async () => {
  const foreign = ["artifacts/readme.txt", "artifacts/team/x/latest.tar.gz"];
  using world = new World(keyOf("gone", "a", "else"), ...foreign, keyOf("gone"));
  await world.sweep({ watchNamespace: "team" });
  assert.deepEqual(world.left, [keyOf("gone", "a", "else"), ...foreign]);
});

Deno.test("sweepStore() leaves to other replicas what is theirs", async () => {
  using world = new World(keyOf("ours"), keyOf("theirs"), keyOf("two"), keyOf("two", "b"));
  world.objects.createSource({ ...at("two"), spec: {} });
  await world.sweep({ owns: (source) => source === "team/ours" });
  assert.deepEqual(world.left, [keyOf("theirs"), keyOf("two"), keyOf("two", "b")]);
  assert.deepEqual(world.surplus, []);
});

Deno.test("sweepStore() asks the API server for a hundred sources at once, then 20 a second", async () => {
  const names = Array.from({ length: 160 }, (_, index) => `s${String(index).padStart(3, "0")}`);
  using world = new World(...names.map((name) => keyOf(name)));
  const sweeping = world.sweep();
  await world.clock.advance(0);
  for (let turn = 0; turn < 50; turn++) await settle();
  assert.equal(world.left.length, 60);
  await world.clock.advance(1_000);
  assert.equal(world.left.length, 40);
  await world.clock.advance(2_000);
  await sweeping;
  assert.equal(world.left.length, 0);
});

Deno.test("sweepStore() stops as soon as another cluster is seen in the store", async () => {
  const names = Array.from({ length: 400 }, (_, index) => `s${String(index).padStart(3, "0")}`);
  using world = new World(...names.map((name) => keyOf(name)));
  let isOurs = true;
  const sweeping = world.sweep({ owner: { mayDelete: () => Promise.resolve(isOurs) } });
  await world.clock.advance(5_000);
  isOurs = false;
  await world.clock.advance(60_000);
  await sweeping;
  assert.ok(world.left.length > 50, `${world.left.length} are left`);
});

Deno.test("sweepStore() stops when it is aborted", async () => {
  using world = new World(keyOf("a1"), keyOf("b1"), keyOf("c1"));
  const abort = new AbortController();
  world.objects.onCall = () => abort.abort();
  await world.sweep({ signal: abort.signal });
  assert.equal(world.left.length, 2);
});

Deno.test("sweepStore() reports sources with more than one artifact, once each", async () => {
  using world = new World(
    keyOf("two"),
    keyOf("two", "b"),
    keyOf("one"),
    keyOf("gone"),
    keyOf("gone", "b"),
  );
  for (const name of ["two", "one"]) world.objects.createSource({ ...at(name), spec: {} });
  await world.sweep();
  assert.deepEqual(world.surplus, ["team/two"]);
});

Deno.test("isNamed() by the status of the source or of the ExternalArtifact, and by the whole key", () => {
  using world = new World();
  const { objects } = world;
  objects.createSource({ ...at("s"), spec: {} });
  objects.editSource(
    at("s"),
    (source) => ({ ...source, status: { artifact: artifactOf("a", at("s")) } }),
  );
  const labels = { "app.kubernetes.io/managed-by": "externalsource-controller" };
  const artifact = artifactOf("b", at("s"));
  objects.plantArtifact(at("s"), { spec: {}, status: { artifact }, metadata: { labels } });
  assert.deepEqual(["a", "b", "c"].map((digit) => isNamed(objects, keyOf("s", digit))), [
    true,
    true,
    false,
  ]);
  assert.equal(isNamed(objects, "artifacts/team/s/latest.tar.gz"), false);
  assert.equal(isNamed(objects, keyOf("other")), false);
  assert.deepEqual(splitSourceKey(sourceKey(at("s"))), at("s"));
});

Deno.test("sweepStore() says whether anything was ours to look after", async () => {
  using world = new World(keyOf("gone"));
  assert.equal(await world.sweep({ owns: () => false }), false);
  assert.equal(await world.sweep(), true);
  assert.deepEqual(world.left, []);
  assert.equal(await world.sweep({ owns: () => false }), true, "there is nothing");
});
