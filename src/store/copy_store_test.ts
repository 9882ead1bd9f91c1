import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { createHash } from "node:crypto";
import { gzipSync } from "node:zlib";
import { pack } from "tar-stream";
import { bytesOf, packedFile, readKey } from "../../tests/contract/store.ts";
import { ManualClock } from "../../tests/manual_clock.ts";
import { artifactKey } from "../core/artifact_key.ts";
import type { ArtifactStore } from "./artifact_store.ts";
import { type CopyCounts, type CopyOptions, copyStore } from "./copy_store.ts";
import { MemoryStore } from "./memory_store.ts";
import { storageError } from "./storage_error.ts";

const nothing: CopyCounts = { copied: 0, copiedBytes: 0, skipped: 0, skippedBytes: 0, failed: 0 };
const wrongKey = artifactKey({ namespace: "apps", name: "wrong", hex: "f".repeat(64) });

/** Two stores, and artifacts of 10 bytes in one of them. */
class World implements AsyncDisposable {
  readonly from = new MemoryStore(2 ** 30, new ManualClock());
  readonly to = new MemoryStore(2 ** 30, new ManualClock());
  readonly problems: string[] = [];
  readonly progress: CopyCounts[] = [];
  readonly abort = new AbortController();
  readonly #directory: string;

  static async open(): Promise<World> {
    const directory = await Deno.makeTempDir();
    for (const name of ["packed", "spool"]) await Deno.mkdir(`${directory}/${name}`);
    return new World(directory);
  }

  private constructor(directory: string) {
    this.#directory = directory;
  }

  /** Puts an artifact whose bytes are a number's, under their key or another. */
  async put(
    store: Pick<ArtifactStore, "put">,
    seed: number,
    { key, length = 10 }: { readonly key?: string; readonly length?: number } = {},
  ): Promise<string> {
    const hex = createHash("sha256").update(bytesOf(seed, length)).digest("hex");
    const own = artifactKey({ namespace: "apps", name: `app-${seed}`, hex });
    return await this.putBytes(store, bytesOf(seed, length), key ?? own);
  }

  async putBytes(
    store: Pick<ArtifactStore, "put">,
    bytes: Uint8Array,
    key: string,
  ): Promise<string> {
    const { artifact } = await packedFile(`${this.#directory}/packed`, bytes);
    await store.put(key, artifact);
    return key;
  }

  copy(change: Partial<CopyOptions> = {}): Promise<CopyCounts> {
    return copyStore({
      from: this.from,
      to: this.to,
      parallel: 2,
      verify: false,
      directory: `${this.#directory}/spool`,
      signal: this.abort.signal,
      onProgress: (counts) => void this.progress.push(counts),
      onProblem: (message) => void this.problems.push(message),
      ...change,
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const left = await Array.fromAsync(Deno.readDir(`${this.#directory}/spool`));
    await Deno.remove(this.#directory, { recursive: true });
    assert.deepEqual(left, []);
  }
}

const keysOf = async (store: ArtifactStore) =>
  (await Array.fromAsync(store.list(""))).map(({ key }) => key);

Deno.test("copyStore() copies every artifact, and no mark", async () => {
  await using world = await World.open();
  const keys: string[] = [];
  for (const seed of [1, 2, 3, 4, 5]) keys.push(await world.put(world.from, seed));
  const mark = `.owner-${"0".repeat(64)}.json`;
  await world.from.writeMark(mark, "{}", { replace: true });
  const counts = await world.copy();
  assert.deepEqual(counts, { ...nothing, copied: 5, copiedBytes: 50 });
  assert.deepEqual(await keysOf(world.to), keys);
  assert.deepEqual(await readKey(world.to, keys[2]!), bytesOf(3, 10));
  assert.equal(await world.to.readMark(mark), undefined);
  assert.deepEqual(world.progress.map(({ copied }) => copied), [1, 2, 3, 4, 5]);
});

Deno.test("copyStore() copies what is larger than any piece, and nothing at all", async () => {
  await using world = await World.open();
  const keys = [
    await world.put(world.from, 1, { length: 3_000_001 }),
    await world.put(world.from, 2, { length: 0 }),
  ];
  await world.copy();
  assert.deepEqual(await readKey(world.to, keys[0]!), bytesOf(1, 3_000_001));
  assert.deepEqual(await readKey(world.to, keys[1]!), new Uint8Array());
});

Deno.test("copyStore() skips what is there with the same size, without reading it", async () => {
  await using world = await World.open();
  for (const seed of [1, 2, 3]) await world.put(world.from, seed);
  for (const seed of [0, 2, 9]) await world.put(world.to, seed);
  const opened: string[] = [];
  const { from, to } = world;
  const counted = {
    list: (prefix: string) => from.list(prefix),
    open: (key: string) => (opened.push(key.split("/")[2]!), from.open(key)),
  };
  const counts = await world.copy({ from: counted, parallel: 1 });
  assert.deepEqual(counts, {
    ...{ copied: 2, copiedBytes: 20, skipped: 1, skippedBytes: 10, failed: 0 },
  });
  assert.deepEqual(opened, ["app-1", "app-3"]);
  assert.equal((await keysOf(to)).length, 5);
});

Deno.test("copyStore() replaces what has another size, and with verify what has other bytes", async () => {
  await using world = await World.open();
  const [short, other] = [await world.put(world.from, 1), await world.put(world.from, 2)];
  await world.put(world.to, 3, { key: short, length: 7 });
  await world.put(world.to, 4, { key: other });
  assert.deepEqual(await world.copy(), {
    ...{ copied: 1, copiedBytes: 10, skipped: 1, skippedBytes: 10, failed: 0 },
  });
  assert.deepEqual(await readKey(world.to, short), bytesOf(1, 10));
  assert.deepEqual(await readKey(world.to, other), bytesOf(4, 10));
  assert.equal((await world.copy({ verify: true })).copied, 1);
  assert.deepEqual(await readKey(world.to, other), bytesOf(2, 10));
});

Deno.test("copyStore() reports wrong bytes and does not copy them", async () => {
  await using world = await World.open();
  await world.put(world.from, 1, { key: wrongKey });
  await world.put(world.from, 2);
  const counts = await world.copy();
  assert.deepEqual([counts.copied, counts.failed], [1, 1]);
  assert.equal(await world.to.stat(wrongKey), undefined);
  assert.match(
    world.problems[0]!,
    /^Cannot copy "artifacts\/apps\/wrong\/f{64}\.tar\.gz": its 10 bytes are damaged, they have the digest sha256:/,
  );
});

Deno.test("copyStore() copies what the Go implementation named after its document", async () => {
  await using world = await World.open();
  const document = new TextEncoder().encode("a document");
  const packing = pack();
  packing.entry({ name: "data" }, "a document");
  packing.finalize();
  const tar = Buffer.concat(await Array.fromAsync(packing as AsyncIterable<Uint8Array>));
  const hex = createHash("sha256").update(document).digest("hex");
  const key = artifactKey({ namespace: "apps", name: "go", hex });
  await world.putBytes(world.from, gzipSync(tar), key);
  assert.deepEqual(await world.copy(), {
    ...{ ...nothing, copied: 1, copiedBytes: gzipSync(tar).length },
  });
  assert.deepEqual(await readKey(world.to, key), new Uint8Array(gzipSync(tar)));
});

Deno.test("copyStore() does without what was collected since it was listed", async () => {
  await using world = await World.open();
  await world.put(world.from, 1);
  const list = (prefix: string) => world.from.list(prefix);
  const counts = await world.copy({ from: { list, open: () => Promise.resolve(undefined) } });
  assert.deepEqual([counts, world.problems], [nothing, []]);
});

for (const role of ["from", "to"] as const) {
  Deno.test(`copyStore() says that it is ${role} which cannot be listed`, async () => {
    await using world = await World.open();
    await world.put(world[role], 1);
    const state = 'Cannot list "artifacts/": 127.0.0.1:9: connection refused';
    const list = () => {
      throw storageError(state);
    };
    await assert.rejects(world.copy({ [role]: { ...world[role], list } }), {
      class: "storage",
      message: `${role.toUpperCase()}: ${state}`,
    });
  });
}

/** A target whose puts fail for some sources. */
function failingTarget(to: ArtifactStore, fails: (source: string) => boolean) {
  const tried: string[] = [];
  const put: ArtifactStore["put"] = async (key, artifact) => {
    tried.push(key.split("/")[2]!);
    if (fails(tried.at(-1)!)) {
      throw storageError(`Cannot store "${key}": no space left on the disk`);
    }
    await to.put(key, artifact);
  };
  const list = (prefix: string) => to.list(prefix);
  return { tried, store: { put, list, verify: () => Promise.resolve(false) } };
}

Deno.test("copyStore() goes on with the others when some fail", async () => {
  await using world = await World.open();
  for (let seed = 100; seed < 160; seed++) await world.put(world.from, seed);
  const { store } = failingTarget(world.to, (source) => Number(source.slice(4)) % 2 === 0);
  const counts = await world.copy({ to: store, parallel: 1 });
  assert.deepEqual([counts.copied, counts.failed], [30, 30]);
  assert.match(world.problems[0]!, /app-100.*no space left/);
});

Deno.test("copyStore() gives up when many in a row fail", async () => {
  await using world = await World.open();
  for (let seed = 100; seed < 160; seed++) await world.put(world.from, seed);
  const { store, tried } = failingTarget(world.to, () => true);
  await assert.rejects(world.copy({ to: store }), {
    class: "storage",
    message: "Cannot copy on: 20 artifacts in a row have failed",
  });
  assert.ok(tried.length <= 21, `${tried.length}`);
});

Deno.test("copyStore() ends at a mistake of ours, with all its workers", async () => {
  await using world = await World.open();
  for (let seed = 100; seed < 200; seed++) await world.put(world.from, seed);
  const { store, tried } = failingTarget(world.to, () => {
    if (tried.length > 1) return false;
    throw new TypeError("a bug");
  });
  await assert.rejects(world.copy({ to: store, parallel: 2 }), { message: "a bug" });
  // The other one goes on until the first has removed its file.
  assert.ok(tried.length < 100, `${tried.length}`);
});

Deno.test("copyStore() copies nothing of what ends early or breaks off", async () => {
  await using world = await World.open();
  const key = await world.put(world.from, 1);
  const bytes = bytesOf(1, 10);
  const streams = {
    "it ended after 4 of 10 bytes": ReadableStream.from([bytes.slice(0, 4)]),
    "the store broke off": new ReadableStream({
      pull: (controller) => controller.error(new TypeError("connection reset")),
    }),
  };
  for (const [state, stream] of Object.entries(streams)) {
    const open = () => Promise.resolve({ size: 10, stream: () => stream, close: () => {} });
    const counts = await world.copy({ from: { list: (prefix) => world.from.list(prefix), open } });
    assert.equal(counts.failed, 1);
    assert.equal(world.problems.at(-1), `Cannot read "${key}": ${state}`);
  }
  assert.deepEqual(await keysOf(world.to), []);
});

Deno.test("copyStore() begins nothing more once it is aborted, and is made complete by another", async () => {
  await using world = await World.open();
  for (let seed = 1; seed <= 9; seed++) await world.put(world.from, seed);
  const stopped = await world.copy({
    parallel: 1,
    onProgress: ({ copied }) => copied === 4 && world.abort.abort(),
  });
  assert.deepEqual([stopped.copied, stopped.failed], [4, 0]);
  const rest = await world.copy({ signal: new AbortController().signal });
  assert.deepEqual([rest.copied, rest.skipped], [5, 4]);
});

Deno.test("copyStore() has so many artifacts on their way, and no more", async () => {
  await using world = await World.open();
  for (let seed = 1; seed <= 9; seed++) await world.put(world.from, seed);
  let [now, arrived] = [0, 0];
  let third = Promise.withResolvers<void>();
  const { to } = world;
  const put: ArtifactStore["put"] = async (key, artifact) => {
    assert.ok(++now <= 3);
    const { promise, resolve } = third;
    if (++arrived % 3 === 0) {
      third = Promise.withResolvers();
      resolve();
    }
    await promise;
    await to.put(key, artifact);
    now--;
  };
  const list = (prefix: string) => to.list(prefix);
  await world.copy({ parallel: 3, to: { list, put, verify: () => Promise.resolve(false) } });
});
