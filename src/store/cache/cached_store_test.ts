import { strict as assert } from "node:assert";
import { testStore } from "../../../tests/contract/store.ts";
import { bytesOf, packedFile, readKey } from "../../../tests/contract/store_fixtures.ts";
import { ManualClock } from "../../../tests/manual_clock.ts";
import { settle } from "../../../tests/settle.ts";
import { ArtifactCache } from "./artifact_cache.ts";
import type { ArtifactFile, StoredArtifact } from "../artifact_store.ts";
import { CachedStore } from "./cached_store.ts";
import { MemoryStore } from "../memory_store.ts";
import { DamagedArtifact, storageError } from "../storage_error.ts";

const big = 2 ** 30;

/** Keeps digests beside the bytes, as stores do whose bytes come over a network. */
class Keeping extends MemoryStore {
  readonly #digests = new Map<string, string>();

  override async put(key: string, artifact: ArtifactFile): Promise<void> {
    await super.put(key, artifact);
    this.#digests.set(key, artifact.digest);
  }

  override async open(key: string): Promise<StoredArtifact | undefined> {
    const digest = this.#digests.get(key);
    const artifact = await super.open(key);
    return artifact && { ...artifact, ...(digest === undefined ? {} : { digest }) };
  }
}

for (const limitBytes of [big, 100_000, 0]) {
  testStore(`CachedStore (${limitBytes} bytes)`, async ({ clock, directory }) => {
    const cache = new ArtifactCache({ directory, limitBytes });
    return new CachedStore({ store: new Keeping(big, clock), cache, clock });
  });
}

/** A store at the other end of a network that misbehaves when told to. */
class Remote extends MemoryStore {
  opens = 0;
  closes = 0;
  isOut = false;
  /** What becomes of the bytes of the opens to come, one after the other. */
  readonly faults: ("flipped" | "short" | "long" | "broken" | "damaged")[] = [];
  /** No answer before it resolves. */
  delay: Promise<void> = Promise.resolve();
  /** Held back until it resolves: after so many bytes. */
  gate: { readonly after: number; readonly open: Promise<void> } | undefined;

  constructor() {
    super(big, new ManualClock());
  }

  override async open(key: string): Promise<StoredArtifact | undefined> {
    this.opens++;
    await this.delay;
    await settle();
    if (this.isOut) throw storageError("Cannot read: out");
    const artifact = await super.open(key);
    if (!artifact) return undefined;
    const pieces = piecesOf(artifact, { fault: this.faults.shift(), gate: this.gate });
    const { size } = artifact;
    const close = () => {
      this.closes++;
      artifact.close();
    };
    return { size, stream: () => ReadableStream.from(pieces), close };
  }
}

async function* piecesOf(
  artifact: StoredArtifact,
  { fault, gate }: { fault: Remote["faults"][number] | undefined; gate: Remote["gate"] },
): AsyncGenerator<Uint8Array> {
  let at = 0;
  for await (const piece of artifact.stream()) {
    if (gate && at >= gate.after) await gate.open;
    at += piece.length;
    const isLast = at === artifact.size;
    if (fault === "flipped" && isLast) piece[piece.length - 1]! ^= 1;
    if (fault === "broken" && isLast) throw storageError("Cannot read: reset");
    if (fault === "damaged") throw new DamagedArtifact("Cannot read: damaged");
    if (fault !== "short" || !isLast) yield piece;
  }
  if (gate && at === gate.after) await gate.open;
  if (fault === "long") yield new Uint8Array(1);
}

interface Place {
  readonly remote: Remote;
  readonly store: CachedStore;
  readonly clock: ManualClock;
  readonly cache: ArtifactCache;
  readonly corrupt: readonly string[];
  /** Puts an artifact past the cache, as another replica does. */
  put(seed: number, size?: number): Promise<{ key: string; bytes: Uint8Array }>;
  countFiles(): number;
}

function test(
  behaviour: string,
  body: (place: Place) => Promise<void | "closed">,
  limitBytes = 1_000_000,
) {
  Deno.test(`CachedStore ${behaviour}`, async () => {
    const scratch = await Deno.makeTempDir();
    const directory = await Deno.makeTempDir();
    const [remote, clock, corrupt] = [new Remote(), new ManualClock(), [] as string[]];
    const cache = new ArtifactCache({ directory, limitBytes });
    const onCorrupt = (key: string) => corrupt.push(key);
    const store = new CachedStore({ store: remote, cache, clock, onCorrupt });
    const put = async (seed: number, size = 200_000) => {
      const bytes = bytesOf(seed, size);
      const { key, artifact } = await packedFile(scratch, bytes);
      await remote.put(key, artifact);
      return { key, bytes };
    };
    const countFiles = () => [...Deno.readDirSync(directory)].length;
    const isClosed = await body({ remote, store, clock, cache, corrupt, put, countFiles });
    if (isClosed !== "closed") await store.close();
    assert.equal(clock.pending, 0, "no timer is left");
    await assert.rejects(Deno.stat(directory), Deno.errors.NotFound);
    await Deno.remove(scratch, { recursive: true });
  });
}

const isStorage = { class: "storage" } as const;

test("asks the store once for a hundred who want one artifact at once", async (place) => {
  const { store, remote, put } = place;
  const { key, bytes } = await put(1);
  const all = await Promise.all(Array.from({ length: 100 }, () => readKey(store, key)));
  for (const each of all) assert.deepEqual(each, bytes);
  assert.deepEqual(await readKey(store, key), bytes);
  assert.equal(remote.opens, 1);
  assert.equal(place.countFiles(), 1);
});

test("serves what was put or read while the store is out", async (place) => {
  const { store, remote, put } = place;
  const read = await put(1);
  await readKey(store, read.key);
  const scratch = await Deno.makeTempDir();
  const own = await packedFile(scratch, bytesOf(2));
  await store.put(own.key, own.artifact);
  await Deno.remove(scratch, { recursive: true });
  const unread = await put(3);
  remote.isOut = true;
  assert.deepEqual(await readKey(store, read.key), read.bytes);
  assert.deepEqual(await readKey(store, own.key), bytesOf(2));
  await assert.rejects(store.open(unread.key), isStorage);
  remote.isOut = false;
  assert.deepEqual(await readKey(store, unread.key), unread.bytes);
});

test("asks again for what came wrong once, and nobody notices", async (place) => {
  for (const [seed, fault] of (["flipped", "short", "long", "broken"] as const).entries()) {
    const { key, bytes } = await place.put(seed);
    place.remote.faults.push(fault);
    assert.deepEqual(await readKey(place.store, key), bytes, fault);
  }
  assert.deepEqual(place.corrupt, []);
  assert.equal(place.remote.opens, 8);
});

test("never serves what came wrong twice, and says so", async ({ store, remote, ...place }) => {
  for (const [seed, fault] of (["flipped", "short", "long"] as const).entries()) {
    const { key, bytes } = await place.put(seed);
    remote.faults.push(fault, fault);
    await assert.rejects(store.open(key), isStorage, fault);
    assert.equal(place.countFiles(), 0);
    assert.equal(place.corrupt.at(-1), key);
    assert.deepEqual(await readKey(store, key), bytes, "the next one asks anew");
    await store.delete(key);
  }
  assert.equal(place.corrupt.length, 3);
});

for (const limitBytes of [1_000_000, 0]) {
  test(
    `passes on that a store found an artifact damaged itself (${limitBytes} bytes)`,
    async (place) => {
      const { store, remote, corrupt, put } = place;
      const { key } = await put(1);
      remote.faults.push("broken", "broken");
      await assert.rejects(readKey(store, key), isStorage);
      assert.deepEqual(corrupt, []);
      remote.faults.splice(0, 2, "damaged", "damaged");
      await assert.rejects(readKey(store, key), isStorage);
      assert.deepEqual(corrupt, [key]);
    },
    limitBytes,
  );
}

test("lets a slow artifact be read while it comes, but not its end before all is right", async (place) => {
  for (const fault of [undefined, "flipped"] as const) {
    const { remote, store, clock } = place;
    const { key, bytes } = await place.put(fault ? 1 : 2, 400_000);
    const gate = Promise.withResolvers<void>();
    remote.gate = { after: 400_000, open: gate.promise };
    if (fault) remote.faults.push(fault);
    const opening = [store.open(key), store.open(key)];
    while (clock.pending < 2) await settle(); // until the bytes begin to come
    await clock.advance(1_000);
    const [first, second] = (await Promise.all(opening)) as [StoredArtifact, StoredArtifact];
    const into = new Uint8Array(1_000_000);
    let early = 0;
    while (early < 400_000 - 65_536) early += await first.read!(into, early);
    assert.equal(early, 400_000 - 65_536, "the rest is there, and kept back");
    const rest = readToEnd(second);
    gate.resolve();
    const all = await rest;
    if (fault) assert.match(String(all), /Cannot read/);
    else assert.deepEqual(all, bytes);
    if (fault) await assert.rejects(async () => await first.read!(into, 399_999));
    else assert.equal(await first.read!(into, 399_999), 1);
    first.close();
    remote.gate = undefined;
    assert.deepEqual(await readKey(store, key), bytes);
  }
});

async function readToEnd(artifact: StoredArtifact): Promise<Uint8Array | Error> {
  const stream = artifact.stream() as ReadableStream<Uint8Array<ArrayBuffer>>;
  return await new Response(stream).bytes().catch((error: Error) => error);
}

test(
  "sends past the cache what is too large for it, whole, in part, never wrong as right",
  async (place) => {
    const { store, remote, corrupt } = place;
    const { key, bytes } = await place.put(1, 200_000);
    assert.deepEqual(await readKey(store, key), bytes);
    for (const [start, end] of [[0, 1], [65_000, 140_000], [199_999, 200_000], [5, 5]] as const) {
      const part = (await store.open(key))!.stream({ start, end });
      assert.deepEqual(
        await new Response(part as ReadableStream<Uint8Array<ArrayBuffer>>).bytes(),
        bytes.slice(start, end),
      );
    }
    assert.equal(place.countFiles(), 0);
    for (const fault of ["flipped", "short", "long"] as const) {
      for (const range of [undefined, { start: 0, end: 10 }]) {
        remote.faults.push(fault);
        const reader = (await store.open(key))!.stream(range).getReader();
        let received = 0;
        await assert.rejects(async () => {
          for (let next = await reader.read(); !next.done; next = await reader.read()) {
            received += next.value.length;
          }
        }, isStorage);
        assert.ok(received < (range?.end ?? bytes.length), fault);
        assert.equal(corrupt.at(-1), key);
      }
    }
    assert.equal(corrupt.length, 6);
  },
  199_999,
);

test("lets nobody wait long for a store that does not answer, and keeps what comes late", async (place) => {
  const { store, remote, clock } = place;
  const { key, bytes } = await place.put(1);
  const gate = Promise.withResolvers<void>();
  remote.delay = gate.promise;
  const openings = [store.open(key), store.open(key)].map((opening) =>
    assert.rejects(opening, isStorage)
  );
  await clock.advance(15_000);
  await Promise.all(openings);
  await assert.rejects(store.open(key), isStorage, "nor who comes later");
  gate.resolve();
  while (place.cache.bytes === 0 || clock.pending > 0) await settle();
  assert.deepEqual(await readKey(store, key), bytes);
  assert.equal(remote.opens, 1);
});

test("closes what comes late and has no room", async ({ store, remote, clock, put }) => {
  const { key } = await put(1);
  const gate = Promise.withResolvers<void>();
  remote.delay = gate.promise;
  const opening = assert.rejects(store.open(key), isStorage);
  await clock.advance(15_000);
  await opening;
  gate.resolve();
  for (let turns = 0; turns < 100 && remote.closes === 0; turns++) await settle();
  assert.deepEqual([remote.opens, remote.closes], [1, 1]);
}, 100);

test("ends with the store what waits for it when it is closed", async ({ store, remote, put }) => {
  const { key } = await put(1);
  const silence = Promise.withResolvers<void>();
  remote.delay = silence.promise;
  const close = remote.close.bind(remote);
  remote.close = () => {
    silence.reject(storageError("Cannot read: the store is closed"));
    return close();
  };
  const opening = assert.rejects(store.open(key), isStorage);
  await store.close();
  await opening;
  return "closed";
});

test("sends past the cache while the disk does not take it", async (place) => {
  const { key, bytes } = await place.put(1);
  await Deno.rename(place.cache.directory, `${place.cache.directory}-gone`);
  const all = await Promise.all(Array.from({ length: 3 }, () => readKey(place.store, key)));
  for (const each of all) assert.deepEqual(each, bytes);
  await Deno.rename(`${place.cache.directory}-gone`, place.cache.directory);
  assert.deepEqual(await readKey(place.store, key), bytes);
  assert.equal(place.countFiles(), 1);
});

test("forgets an artifact that is deleted, also one on its way", async (place) => {
  const { store, remote } = place;
  const { key } = await place.put(1);
  await readKey(store, key);
  const gate = Promise.withResolvers<void>();
  const coming = await place.put(2);
  remote.gate = { after: 0, open: gate.promise };
  const reading = readKey(store, coming.key);
  while (remote.opens < 2 || place.countFiles() < 2) await settle();
  await store.delete(key);
  await store.delete(coming.key);
  gate.resolve();
  assert.deepEqual(await reading, coming.bytes, "a download that has begun goes on");
  assert.equal(await store.open(key), undefined);
  assert.equal(await store.open(coming.key), undefined);
  while (place.countFiles() > 0) await settle();
  assert.equal(place.cache.bytes, 0);
});

test("keeps what a condition spares", async ({ store, put }) => {
  const { key, bytes } = await put(1);
  await readKey(store, key);
  assert.equal(await store.delete(key, { putBefore: 0 }), false);
  assert.deepEqual(await readKey(store, key), bytes);
});

test("gives up what is on its way when it is closed", async ({ store, remote, put, countFiles }) => {
  const { key } = await put(1);
  remote.gate = { after: 65_536, open: new Promise(() => {}) };
  const reading = store.open(key);
  while (countFiles() === 0) await settle();
  const closed = store.close();
  await assert.rejects(reading, isStorage);
  await closed;
  return "closed";
});

test("evicts under downloads that go on, however many artifacts there are", async (place) => {
  const artifacts = await Promise.all(
    Array.from({ length: 12 }, (_, seed) => place.put(seed, 50_000 + seed * 20_000)),
  );
  const rounds = Array.from({ length: 120 }, async (_, index) => {
    const { key, bytes } = artifacts[(index * 7) % 12]!;
    assert.deepEqual(await readKey(place.store, key), bytes);
    assert.ok(place.cache.bytes <= 400_000, `${place.cache.bytes}`);
  });
  await Promise.all(rounds);
}, 400_000);
