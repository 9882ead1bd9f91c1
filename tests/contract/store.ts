import { strict as assert } from "node:assert";
import { createHash } from "node:crypto";
import { artifactKey, artifactPrefix } from "../../src/core/artifact_key.ts";
import { StepError } from "../../src/core/step_error.ts";
import type { ArtifactFile, ArtifactStore } from "../../src/store/artifact_store.ts";
import { ManualClock } from "../manual_clock.ts";

/** What a store may use in a test. */
export interface StoreTestContext {
  readonly clock: ManualClock;
  /** An empty directory, removed after the test. */
  readonly directory: string;
}

const web = { namespace: "apps", name: "web" };

/** A file as a pack leaves it, and the key that it belongs to. */
export async function packedFile(
  directory: string,
  bytes: Uint8Array,
  source = web,
): Promise<{ key: string; artifact: ArtifactFile }> {
  const hex = createHash("sha256").update(bytes).digest("hex");
  const file = await Deno.makeTempFile({ dir: directory });
  await Deno.writeFile(file, bytes);
  const artifact = { file, size: bytes.length, digest: `sha256:${hex}` };
  return { key: artifactKey({ ...source, hex }), artifact };
}

/** Bytes that no two seeds share; no multiple of any buffer. */
export function bytesOf(seed: number, length = 70_001): Uint8Array {
  return new Uint8Array(length).map((_, index) => (index * 31 + (index >> 8) + seed * 97) & 0xff);
}

/** All bytes that a store has for a key. */
export async function readKey(store: ArtifactStore, key: string): Promise<Uint8Array | undefined> {
  const artifact = await store.open(key);
  return artifact && await readAll(artifact.stream());
}

async function readAll(stream: ReadableStream<Uint8Array>): Promise<Uint8Array> {
  return new Uint8Array(
    await new Response(stream as ReadableStream<Uint8Array<ArrayBuffer>>).arrayBuffer(),
  );
}

const keysOf = async (store: ArtifactStore, prefix: string) =>
  (await Array.fromAsync(store.list(prefix))).map(({ key }) => key).sort();

function isStorageError(error: unknown): true {
  assert.ok(error instanceof StepError, String(error));
  assert.equal(error.class, "storage");
  return true;
}

/** The contract of `ArtifactStore`; every store passes it. */
export function testStore(
  name: string,
  openStore: (context: StoreTestContext) => Promise<ArtifactStore>,
): void {
  const test = (
    behaviour: string,
    body: (store: ArtifactStore, context: StoreTestContext) => Promise<void>,
  ) =>
    Deno.test(`${name} ${behaviour}`, async () => {
      const parent = await Deno.makeTempDir();
      const context = { clock: new ManualClock(), directory: `${parent}/store` };
      await Deno.mkdir(context.directory);
      const store = await openStore(context);
      try {
        await body(store, { ...context, directory: parent });
      } finally {
        await store.close();
        await Deno.remove(parent, { recursive: true });
      }
    });

  test("gives back what was put", async (store, { directory, clock }) => {
    for (const length of [0, 1, 65_536, 3_000_001]) {
      const bytes = bytesOf(length, length);
      const { key, artifact } = await packedFile(directory, bytes);
      await store.put(key, artifact);
      assert.deepEqual(await readKey(store, key), bytes);
      assert.deepEqual(await store.stat(key), { key, size: length, lastPut: clock.now() });
    }
  });

  test("keeps an artifact after its packed file is gone", async (store, { directory }) => {
    const { key, artifact } = await packedFile(directory, bytesOf(1));
    await store.put(key, artifact);
    await Deno.remove(artifact.file);
    assert.deepEqual(await readKey(store, key), bytesOf(1));
  });

  test("has nothing under a key that was never put", async (store) => {
    const key = artifactKey({ ...web, hex: "0".repeat(64) });
    assert.equal(await store.open(key), undefined);
    assert.equal(await store.stat(key), undefined);
    assert.equal(await store.verify(key, `sha256:${"0".repeat(64)}`), false);
    await store.delete(key);
    assert.deepEqual(await keysOf(store, ""), []);
  });

  test("refreshes the time of a key that is put again", async (store, { directory, clock }) => {
    const { key, artifact } = await packedFile(directory, bytesOf(1));
    await store.put(key, artifact);
    await clock.advance(90_500);
    await store.put(key, artifact);
    assert.equal((await store.stat(key))?.lastPut, clock.now());
    assert.deepEqual(await readKey(store, key), bytesOf(1));
  });

  test("gives a range of the bytes", async (store, { directory }) => {
    const bytes = bytesOf(1, 200_000);
    const { key, artifact } = await packedFile(directory, bytes);
    await store.put(key, artifact);
    const ranges = [[0, 200_000], [0, 1], [1, 200_000], [65_535, 131_073], [7, 7], [
      200_000,
      200_000,
    ]];
    for (const [start, end] of ranges as [number, number][]) {
      const opened = await store.open(key);
      const part = await readAll(opened!.stream({ start, end }));
      assert.deepEqual(part, bytes.slice(start, end), `${start} to ${end}`);
    }
  });

  test("reads the same bytes at a position as in a stream, if it does", async (store, context) => {
    const bytes = bytesOf(1, 150_000);
    const { key, artifact } = await packedFile(context.directory, bytes);
    await store.put(key, artifact);
    const opened = (await store.open(key))!;
    await store.delete(key);
    const into = new Uint8Array(65_536);
    for (const position of [0, 65_536, 131_072, 7, 149_999, 0, 150_000]) {
      const count = await opened.read?.(into, position);
      if (count === undefined) break;
      assert.equal(count > 0, position < bytes.length);
      assert.deepEqual(into.slice(0, count), bytes.slice(position, position + count));
    }
    opened.close();
  });

  test("refuses a range that is none", async (store, { directory }) => {
    const { key, artifact } = await packedFile(directory, bytesOf(1, 10));
    await store.put(key, artifact);
    for (const [start, end] of [[-1, 5], [5, 4], [0, 11]] as [number, number][]) {
      const opened = (await store.open(key))!;
      assert.throws(() => opened.stream({ start, end }), RangeError);
      opened.close();
    }
  });

  test("holds nothing open after close, cancel or an early end", async (store, { directory }) => {
    const { key, artifact } = await packedFile(directory, bytesOf(1, 300_000));
    await store.put(key, artifact);
    const unread = (await store.open(key))!;
    unread.close();
    unread.close();
    for (const range of [undefined, { start: 5, end: 200_000 }]) {
      const cancelled = (await store.open(key))!;
      const reader = cancelled.stream(range).getReader();
      await reader.read();
      await reader.cancel();
      cancelled.close();
    }
  });

  test(
    "finishes a download whose key is deleted or put meanwhile",
    async (store, { directory }) => {
      const bytes = bytesOf(1, 300_000);
      const { key, artifact } = await packedFile(directory, bytes);
      await store.put(key, artifact);
      const [first, second] = [(await store.open(key))!, (await store.open(key))!];
      await store.delete(key);
      assert.equal(await store.open(key), undefined);
      assert.deepEqual(await readAll(first.stream()), bytes);
      await store.put(key, artifact);
      assert.deepEqual(await readAll(second.stream({ start: 1, end: 9 })), bytes.slice(1, 9));
      assert.deepEqual(await readKey(store, key), bytes);
    },
  );

  test("lists the keys that begin with a prefix", async (store, { directory, clock }) => {
    const sources = [web, { namespace: "apps", name: "web-2" }, {
      namespace: "apps-2",
      name: "web",
    }];
    const keys: string[] = [];
    for (const [seed, source] of sources.entries()) {
      const { key, artifact } = await packedFile(directory, bytesOf(seed, 10 + seed), source);
      await store.put(key, artifact);
      keys.push(key);
    }
    assert.deepEqual(await keysOf(store, ""), [...keys].sort());
    assert.deepEqual(await keysOf(store, "artifacts/apps"), [...keys].sort());
    assert.deepEqual(await keysOf(store, "artifacts/apps/"), keys.slice(0, 2).sort());
    assert.deepEqual(await keysOf(store, artifactPrefix(web)), keys.slice(0, 1));
    assert.deepEqual(await keysOf(store, keys[2]!), keys.slice(2));
    assert.deepEqual(await keysOf(store, keys[2]!.slice(0, -5)), keys.slice(2));
    for (
      const none of ["artifacts/other/", "artifacts/apps/../", "/", `${keys[0]}/`, "artifacts//"]
    ) {
      assert.deepEqual(await keysOf(store, none), [], none);
    }
    assert.deepEqual(await Array.fromAsync(store.list(keys[1]!)), [
      { key: keys[1], size: 11, lastPut: clock.now() },
    ]);
  });

  test("can delete what it is listing", async (store, { directory }) => {
    for (let seed = 0; seed < 5; seed++) {
      const { key, artifact } = await packedFile(directory, bytesOf(seed, 10));
      await store.put(key, artifact);
    }
    let seen = 0;
    for await (const { key } of store.list("")) {
      seen++;
      await store.delete(key);
    }
    assert.equal(seen, 5);
    assert.deepEqual(await keysOf(store, ""), []);
  });

  test("takes nothing but artifact keys", async (store, { directory }) => {
    const { key, artifact } = await packedFile(directory, bytesOf(1, 10));
    await store.put(key, artifact);
    const notKeys = [
      ...["", "/", "..", "../../etc/passwd", "/etc/passwd", "artifacts/", "artifacts/apps/web"],
      ...[`/${key}`, `./${key}`, `${key}/`, `${key}\0`, key.replace("web", "web/.."), "artifacts"],
      ...["artifacts/apps/web/latest.tar.gz", key.toUpperCase(), key.replace("apps", "..")],
    ];
    for (const notKey of notKeys) {
      await assert.rejects(store.put(notKey, artifact), TypeError, notKey);
      assert.equal(await store.open(notKey), undefined, notKey);
      assert.equal(await store.stat(notKey), undefined, notKey);
      assert.equal(await store.verify(notKey, artifact.digest), false, notKey);
      await store.delete(notKey);
    }
    assert.deepEqual(await keysOf(store, ""), [key]);
  });

  test("refuses bytes that are not those announced", async (store, { directory }) => {
    const { key, artifact } = await packedFile(directory, bytesOf(1));
    const wrongSizes = [artifact.size - 1, artifact.size + 1];
    const wrong = [
      ...wrongSizes.map((size) => ({ ...artifact, size })),
      { ...artifact, digest: `sha256:${"0".repeat(64)}` },
    ];
    for (const each of wrong) await assert.rejects(store.put(key, each), /other bytes/);
    const missing = { ...artifact, file: `${directory}/none` };
    await assert.rejects(store.put(key, missing), isStorageError);
    assert.equal(await store.stat(key), undefined);
    await store.put(key, artifact);
    await assert.rejects(store.put(key, wrong[2]!), /other bytes/);
    assert.deepEqual(await readKey(store, key), bytesOf(1));
    assert.deepEqual(await keysOf(store, ""), [key]);
  });

  test("takes the same key many times at once", async (store, { directory }) => {
    const bytes = bytesOf(1, 500_000);
    const { key, artifact } = await packedFile(directory, bytes);
    await Promise.all(Array.from({ length: 10 }, () => store.put(key, artifact)));
    assert.deepEqual(await readKey(store, key), bytes);
    assert.deepEqual(await keysOf(store, ""), [key]);
  });

  test(
    "puts, deletes and reads of one key at once never show a part",
    async (store, { directory }) => {
      const bytes = bytesOf(1, 200_000);
      const { key, artifact } = await packedFile(directory, bytes);
      const rounds = Array.from({ length: 20 }, async (_, index) => {
        if (index % 4 === 3) return await store.delete(key);
        if (index % 2 === 0) return await store.put(key, artifact);
        const read = await readKey(store, key);
        if (read) assert.deepEqual(read, bytes);
      });
      await Promise.all(rounds);
    },
  );

  test("verifies the bytes of a key", async (store, { directory }) => {
    const { key, artifact } = await packedFile(directory, bytesOf(1));
    await store.put(key, artifact);
    assert.equal(await store.verify(key, artifact.digest), true);
    assert.equal(await store.verify(key, `sha256:${"0".repeat(64)}`), false);
  });

  const markName = `.owner-${"0".repeat(64)}.json`;

  test("keeps marks beside the artifacts, never listed", async (store, { directory }) => {
    assert.equal(await store.readMark(markName), undefined);
    await store.writeMark(markName, "first", { replace: false });
    const { key, artifact } = await packedFile(directory, bytesOf(1, 10));
    await store.put(key, artifact);
    assert.equal(await store.readMark(markName), "first");
    assert.deepEqual(await keysOf(store, ""), [key]);
    assert.deepEqual(await keysOf(store, "."), []);
    assert.equal(await store.open(markName), undefined);
    assert.equal(await store.stat(markName), undefined);
    await store.delete(markName);
    assert.equal(await store.readMark(markName), "first");
    assert.equal(await store.readMark(markName.replace("0.json", "1.json")), undefined);
  });

  test("replaces a mark only if it is told to", async (store) => {
    await store.writeMark(markName, "first, which is longer", { replace: false });
    await store.writeMark(markName, "second", { replace: false });
    assert.equal(await store.readMark(markName), "first, which is longer");
    await store.writeMark(markName, "third", { replace: true });
    assert.equal(await store.readMark(markName), "third");
  });

  test("lets one of many writers of a new mark win, whole", async (store) => {
    const texts = Array.from({ length: 20 }, (_, index) => `${index}`.repeat(50));
    const reads = await Promise.all(texts.map(async (text) => {
      await store.writeMark(markName, text, { replace: false });
      return await store.readMark(markName);
    }));
    assert.equal(new Set(reads).size, 1);
    assert.ok(texts.includes(reads[0]!));
  });

  test("takes nothing but names of marks as such", async (store, { directory }) => {
    const { key, artifact } = await packedFile(directory, bytesOf(1, 10));
    await store.put(key, artifact);
    const notNames = [
      ...["", ".", "..", ".owner", ".owner-.json", markName.slice(1), `${markName}\n`, key],
      ...[`../${markName}`, `/${markName}`, `artifacts/${markName}`, markName.replace("r-", "r/-")],
    ];
    for (const name of notNames) {
      await assert.rejects(store.readMark(name), TypeError, name);
      await assert.rejects(store.writeMark(name, "text", { replace: true }), TypeError, name);
    }
  });
}
