import assert from "node:assert/strict";
import { artifactKey } from "../core/artifact_key.ts";
import type { ExternalSource } from "../core/external_source.ts";
import type { StoredInfo } from "../store/artifact_store.ts";
import { ManualClock } from "../../tests/manual_clock.ts";
import { settle } from "../../tests/settle.ts";
import { artifactOf, externalArtifactOf, sourceOf } from "../../tests/source_fixtures.ts";
import { GarbageCollector } from "./garbage_collector.ts";

const minute = 60_000;
const key = "team/config";
const keyOf = (digit: string) => artifactOf(digit).path;

/** A store and a live source, both of which a test changes; records: 2, TTL: a minute. */
class World {
  readonly clock = new ManualClock();
  readonly stored = new Map<string, StoredInfo>();
  readonly problems: string[] = [];
  readonly wanted = new Set<string>();
  source: ExternalSource | undefined;
  /** The digit that an ExternalArtifact names which has outlived its source. */
  outliving: string | undefined;
  readFailure: Error | undefined;
  collections = 0;
  /** Awaited before each delete. */
  held: Promise<void> = Promise.resolve();
  isOurs = true;
  isWatched = true;
  owned = (_: string) => true;
  /** Between the choice and the first delete. */
  beforeDeletes = () => {};
  readonly collector = new GarbageCollector({
    objects: {
      sources: { get: () => this.isWatched ? this.source : undefined },
      artifacts: { state: "synced" },
      readArtifact: () =>
        Promise.resolve(
          this.outliving === undefined
            ? undefined
            : externalArtifactOf({ status: { artifact: artifactOf(this.outliving) } }),
        ),
      readSource: () => {
        this.collections++;
        return this.readFailure ? Promise.reject(this.readFailure) : Promise.resolve(this.source);
      },
    },
    store: {
      // deno-lint-ignore require-await -- the contract is an async iterable
      list: async function* (this: World, prefix: string) {
        for (const info of [...this.stored.values()]) if (info.key.startsWith(prefix)) yield info;
      }.bind(this),
      delete: async (each, condition) => {
        await this.held;
        const isSpared =
          (this.stored.get(each)?.lastPut ?? 0) >= (condition?.putBefore ?? Infinity);
        return !isSpared && (this.stored.delete(each), true);
      },
    },
    owner: {
      mayDelete: () => {
        this.beforeDeletes();
        return Promise.resolve(this.isOurs);
      },
    },
    isWanted: (each) => this.wanted.has(each),
    owns: (each) => this.owned(each),
    clock: this.clock,
    ttlMs: minute,
    records: 2,
    onProblem: (action) => this.problems.push(action),
  });

  put(...digits: string[]): void {
    for (const digit of digits) {
      const path = keyOf(digit);
      this.stored.set(path, { key: path, size: 1, lastPut: this.clock.now() });
    }
  }

  /** A new artifact replaces the one that is published. */
  publish(digit: string): void {
    const replaced = this.source?.status.artifact;
    this.put(digit);
    this.source = sourceOf({ status: { artifact: artifactOf(digit) } });
    this.collector.collectLater(key, replaced);
  }

  /** The source is deleted, and the watch tells so. */
  remove(): void {
    this.source = undefined;
    this.collector.collectGone(key);
  }

  get digits(): string {
    return [...this.stored.keys()].map((each) => each.at(-8)).sort().join("");
  }
}

Deno.test("GarbageCollector keeps the current artifact and the one before", async () => {
  const world = new World();
  for (const digit of ["a", "b", "c", "d"]) {
    world.publish(digit);
    await world.clock.advance(10 * minute);
  }
  assert.equal(world.digits, "cd");
  assert.equal(world.clock.pending, 0);
});

Deno.test("GarbageCollector spares what stopped being current within the TTL", async () => {
  const world = new World();
  for (const digit of ["a", "b", "c", "d"]) {
    world.publish(digit);
    await world.clock.advance(1_000);
  }
  await world.clock.advance(minute - 4_001);
  assert.equal(world.digits, "abcd");
  await world.clock.advance(5 * minute);
  assert.equal(world.digits, "cd");
});

Deno.test("GarbageCollector spares what was current for long and was replaced just now", async () => {
  const world = new World();
  world.publish("a");
  await world.clock.advance(10 * minute);
  world.publish("b");
  world.publish("c");
  await world.collector.collect(key);
  assert.equal(world.digits, "abc");
  await world.collector.stop();
});

Deno.test("GarbageCollector collects from a source that changes all the time", async () => {
  const world = new World();
  for (let round = 0; round < 60; round++) {
    world.publish("0123456789abcdef"[round % 16]!);
    await world.clock.advance(10_000);
    assert.ok(world.stored.size <= 14, `${world.stored.size} artifacts after ${round} rounds`);
  }
  assert.ok(world.collections < 15, "one collection a TTL is enough");
});

Deno.test("GarbageCollector chooses from what is live, not from what it was told", async () => {
  const world = new World();
  world.put("a", "b", "c");
  await world.clock.advance(10 * minute);
  world.source = sourceOf({ status: { artifact: artifactOf("a") } });
  await world.collector.collect(key);
  assert.equal(world.stored.has(keyOf("a")), true);
});

Deno.test("GarbageCollector deletes nothing when the live read fails, or finds a source gone before the watch", async () => {
  const world = new World();
  world.put("a", "b", "c");
  world.readFailure = new Error("unreachable");
  world.collector.collectLater(key, artifactOf("a"));
  await world.clock.advance(10 * minute);
  assert.deepEqual(world.problems, [`collect the garbage of "${key}"`]);
  world.readFailure = undefined;
  world.collector.collectLater(key, undefined);
  await world.clock.advance(10 * minute);
  assert.equal(world.digits, "abc");
});

Deno.test("GarbageCollector deletes all of a deleted source once the TTL has passed", async () => {
  const world = new World();
  world.publish("a");
  await world.clock.advance(10 * minute);
  world.publish("b");
  await world.clock.advance(minute - 1_000);
  world.remove(); // a collection is planned for two seconds later
  await world.clock.advance(minute - 1);
  assert.equal(world.digits.includes("b"), true, "current until it was deleted");
  await world.clock.advance(1_001);
  assert.equal(world.digits, "");
  assert.equal(world.clock.pending, 0);
});

Deno.test("GarbageCollector keeps what a source publishes that follows a deleted one of its name", async () => {
  const world = new World();
  world.publish("a");
  await world.clock.advance(10 * minute);
  world.remove();
  world.source = sourceOf({ metadata: { uid: "uid-9" } });
  for (const digit of ["b", "c", "d"]) {
    await world.clock.advance(100);
    world.publish(digit);
  }
  await world.collector.collect(key);
  assert.equal(world.digits, "abcd", "a was current until its source was deleted");
  await world.clock.advance(10 * minute);
  assert.equal(world.digits, "cd");
});

Deno.test("GarbageCollector leaves a source to others that has left what is watched", async () => {
  const world = new World();
  world.source = sourceOf({ status: { artifact: artifactOf("d") } });
  for (const digit of ["a", "b", "c", "d"]) world.put(digit);
  world.isWatched = false;
  await world.clock.advance(10 * minute);
  world.collector.collectGone(key);
  await world.clock.advance(10 * minute);
  assert.equal(world.stored.size, 4);
});

Deno.test("GarbageCollector keeps what an ExternalArtifact names that outlives its source", async () => {
  const world = new World();
  world.put("a", "b");
  world.remove();
  world.outliving = "a";
  await world.clock.advance(2 * minute);
  assert.equal(world.digits, "a");
});

Deno.test("GarbageCollector keeps a key that a reconcile has just gone back to", async () => {
  const world = new World();
  world.put("a", "b", "c", "d", "e");
  world.source = sourceOf({ status: { artifact: artifactOf("e") } });
  await world.clock.advance(10 * minute);
  world.put("f", "g");
  world.beforeDeletes = () => world.put("a");
  world.wanted.add(keyOf("b"));
  await world.collector.collect(key);
  assert.equal(world.digits, "abefg", "stored anew, about to be published, published, newest");
});

Deno.test("GarbageCollector deletes nothing of a source that another one's name begins with", async () => {
  const world = new World();
  const other = artifactKey({ namespace: "team", name: "config-2", hex: "e".repeat(64) });
  world.put("a", "b", "c", "d");
  world.stored.set(other, { key: other, size: 1, lastPut: 0 });
  world.source = sourceOf({ status: { artifact: artifactOf("d") } });
  await world.clock.advance(10 * minute);
  await world.collector.collect(key);
  assert.equal(world.stored.has(other), true);
  assert.ok(world.stored.size < 5);
});

Deno.test("GarbageCollector deletes nothing from a store of another cluster", async () => {
  const world = new World();
  world.put("a", "b", "c", "d");
  world.source = sourceOf({ status: { artifact: artifactOf("d") } });
  await world.clock.advance(10 * minute);
  world.isOurs = false;
  await world.collector.collect(key);
  assert.equal(world.digits, "abcd");
  world.isOurs = true;
  await world.collector.collect(key);
  assert.equal(world.digits, "abd");
});

Deno.test("GarbageCollector plans nothing any more after it was stopped", async () => {
  const world = new World();
  world.publish("a");
  world.publish("b");
  await world.collector.stop();
  assert.equal(world.clock.pending, 0);
  await world.clock.advance(10 * minute);
  assert.equal(world.collections, 0);
});

Deno.test("GarbageCollector deletes eight at once, and nothing any more once its stop is complete", async () => {
  const world = new World();
  const held = Promise.withResolvers<void>();
  world.held = held.promise;
  world.put(..."0123456789abcdef");
  world.source = sourceOf({ status: { artifact: artifactOf("f") } });
  world.collector.collectLater(key, undefined);
  await world.clock.advance(10 * minute);
  let isStopped = false;
  const stopped = world.collector.stop().then(() => isStopped = true);
  await settle();
  assert.deepEqual([isStopped, world.stored.size], [false, 16], "some deletes have begun");
  held.resolve();
  await stopped;
  assert.equal(world.stored.size, 8);
  await settle();
  assert.equal(world.stored.size, 8, "the others have not");
});

Deno.test("GarbageCollector leaves a source to the replica that owns it, and asks nothing", async () => {
  const world = new World();
  world.put("a", "b", "c", "d");
  world.source = sourceOf({ status: { artifact: artifactOf("d") } });
  await world.clock.advance(10 * minute);
  world.owned = (each) => each !== key;
  await world.collector.collect(key);
  world.remove();
  await world.clock.advance(10 * minute);
  assert.deepEqual([world.digits, world.collections], ["abcd", 0]);
  world.owned = () => true;
  world.source = sourceOf({ status: { artifact: artifactOf("d") } });
  await world.collector.collect(key);
  assert.equal(world.digits, "abd");
});

Deno.test("GarbageCollector tells a delete that fails, and tries it again with the next collection", async () => {
  const world = new World();
  world.put("a", "b", "c", "d");
  world.source = sourceOf({ status: { artifact: artifactOf("d") } });
  world.held = Promise.reject(new Error("out of reach"));
  world.held.catch(() => {});
  world.collector.collectLater(key, undefined);
  await world.clock.advance(10 * minute);
  assert.deepEqual([world.problems.length, world.digits], [1, "abcd"]);
  world.held = Promise.resolve();
  await world.collector.collect(key);
  assert.equal(world.digits, "abd");
});
