import { strict as assert } from "node:assert";
import { bytesOf, packedFile, readKey, testStore } from "../../tests/contract/store.ts";
import { ManualClock } from "../../tests/manual_clock.ts";
import { FallbackStore } from "./fallback_store.ts";
import { MemoryStore } from "./memory_store.ts";
import { storageError } from "./storage_error.ts";

const big = 2 ** 30;

testStore("FallbackStore", ({ clock, directory }) => {
  const options = { directory, limitBytes: big };
  return Promise.resolve(new FallbackStore(new MemoryStore(big, clock), options));
});

/** A store that fails while it is told to. */
class Outage extends MemoryStore {
  isOut = true;

  constructor() {
    super(big, new ManualClock());
  }

  override put(...args: Parameters<MemoryStore["put"]>): Promise<void> {
    return this.isOut ? Promise.reject(storageError("Cannot store: out")) : super.put(...args);
  }

  override open(key: string): ReturnType<MemoryStore["open"]> {
    return this.isOut ? Promise.reject(storageError("Cannot read: out")) : super.open(key);
  }
}

interface Place {
  readonly outage: Outage;
  readonly store: FallbackStore;
  readonly scratch: string;
  /** How many files the store keeps. */
  countKept(): number;
}

function test(behaviour: string, body: (place: Place) => Promise<void>): void {
  Deno.test(`FallbackStore ${behaviour}`, async () => {
    const scratch = await Deno.makeTempDir();
    const directory = await Deno.makeTempDir();
    const outage = new Outage();
    const store = new FallbackStore(outage, { directory, limitBytes: 250_000 });
    const countKept = () => [...Deno.readDirSync(directory)].length;
    await body({ outage, store, scratch, countKept });
    await store.close();
    await assert.rejects(Deno.stat(directory), Deno.errors.NotFound);
    await Deno.remove(scratch, { recursive: true });
  });
}

const isStorage = { class: "storage" } as const;

test("holds what could not be put until it could", async (place) => {
  const { store, outage, scratch } = place;
  const { key, artifact } = await packedFile(scratch, bytesOf(1));
  await assert.rejects(store.put(key, artifact), isStorage);
  await Deno.remove(artifact.file);
  assert.deepEqual(await readKey(store, key), bytesOf(1));
  const held = store.held(key)!;
  assert.deepEqual({ ...held, file: "" }, { ...artifact, file: "" });
  await assert.rejects(store.put(key, held), isStorage);
  outage.isOut = false;
  assert.equal(await store.stat(key), undefined, "what is held is not stored");
  assert.deepEqual(await readKey(store, key), bytesOf(1));
  await store.put(key, store.held(key)!);
  assert.equal(store.held(key), undefined);
  assert.deepEqual(await readKey(store, key), bytesOf(1));
  assert.equal(place.countKept(), 0);
});

test("gives up the oldest to stay within its limit", async ({ store, scratch, countKept }) => {
  const keys: string[] = [];
  for (let seed = 0; seed < 5; seed++) {
    const { key, artifact } = await packedFile(scratch, bytesOf(seed, 100_000));
    await assert.rejects(store.put(key, artifact), isStorage);
    keys.push(key);
  }
  assert.deepEqual(keys.map((key) => store.held(key) !== undefined), [
    ...[false, false, false],
    ...[true, true],
  ]);
  assert.equal(countKept(), 2);
});

test("holds nothing that is larger than its limit", async ({ store, scratch, countKept }) => {
  const { key, artifact } = await packedFile(scratch, bytesOf(1, 250_001));
  await assert.rejects(store.put(key, artifact), isStorage);
  assert.equal(store.held(key), undefined);
  assert.equal(countKept(), 0);
});

test("holds nothing after a failure that another try would repeat", async (place) => {
  const { store, outage, scratch } = place;
  outage.isOut = false;
  const { key, artifact } = await packedFile(scratch, bytesOf(1));
  await assert.rejects(store.put(key, { ...artifact, size: 1 }), /other bytes/);
  assert.equal(store.held(key), undefined);
});

test("passes on an outage for keys that it does not hold", async ({ store, scratch }) => {
  const { key } = await packedFile(scratch, bytesOf(1));
  await assert.rejects(store.open(key), isStorage);
});

test("keeps two sources with equal artifacts apart", async ({ store, scratch, outage }) => {
  const first = await packedFile(scratch, bytesOf(1), { namespace: "a", name: "x" });
  const second = await packedFile(scratch, bytesOf(1), { namespace: "b", name: "x" });
  await assert.rejects(store.put(first.key, first.artifact), isStorage);
  await assert.rejects(store.put(second.key, second.artifact), isStorage);
  await store.delete(first.key);
  assert.equal(store.held(first.key), undefined);
  outage.isOut = false;
  assert.deepEqual(await readKey(store, second.key), bytesOf(1));
});
