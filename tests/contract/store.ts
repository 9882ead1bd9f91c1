import { strict as assert } from "node:assert";
import { artifactKey } from "../../src/core/artifact_key.ts";
import { StepError } from "../../src/core/step_error.ts";
import type { ArtifactStore } from "../../src/store/artifact_store.ts";
import { testDeleteLaws } from "./store_delete_laws.ts";
import { bytesOf, keysOf, packedFile, readAll, readKey, web } from "./store_fixtures.ts";
import { testListLaws } from "./store_list_laws.ts";
import {
  inStoreWorld,
  type StoreTestContext,
  type StoreTestOptions,
  type TestLaw,
} from "./store_world.ts";

async function sizeOf(store: ArtifactStore, key: string): Promise<number | undefined> {
  const artifact = await store.open(key);
  artifact?.close();
  return artifact?.size;
}

function isStorageError(error: unknown): true {
  assert.ok(error instanceof StepError, String(error));
  assert.equal(error.class, "storage");
  return true;
}

export { bytesOf, packedFile, readKey } from "./store_fixtures.ts";
export type { StoreTestContext, StoreTestOptions } from "./store_world.ts";

/**
 * The contract of `ArtifactStore`; every store passes it.
 *
 * @param openStore each test opens one, and closes it
 */
export function testStore(
  name: string,
  openStore: (context: StoreTestContext) => Promise<ArtifactStore>,
  options: StoreTestOptions = {},
): void {
  const test: TestLaw = (behaviour, body) =>
    Deno.test(`${name} ${behaviour}`, () => inStoreWorld(openStore, options, body));
  testPutLaws(test);
  testReadLaws(test);
  testListLaws(test);
  testDeleteLaws(test);
  testMarkLaws(test);
}

/** What holds of `put`, and of keys. */
function testPutLaws(test: TestLaw): void {
  test("gives back what was put", async (store, { directory, another, time }) => {
    for (const length of [0, 1, 65_536, 3_000_001]) {
      const bytes = bytesOf(length, length);
      const { key, artifact } = await packedFile(directory, bytes);
      await store.put(key, artifact);
      for (const each of [store, another]) {
        assert.deepEqual(await readKey(each, key), bytes);
        assert.equal(await sizeOf(each, key), length);
        const info = await each.stat(key);
        assert.deepEqual([info?.key, info?.size], [key, length]);
        time.assertNow(info?.lastPut);
      }
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

  test("refreshes the time of a key that is put again", async (store, { directory, time }) => {
    const { key, artifact } = await packedFile(directory, bytesOf(1));
    await store.put(key, artifact);
    const { lastPut } = (await store.stat(key))!;
    await time.pass();
    await store.put(key, artifact);
    const next = (await store.stat(key))!.lastPut;
    time.assertNow(next);
    assert.ok(next > lastPut);
    assert.deepEqual(await readKey(store, key), bytesOf(1));
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

  test("takes the same key many times at once", async (store, { directory, another }) => {
    const bytes = bytesOf(1, 500_000);
    const { key, artifact } = await packedFile(directory, bytes);
    const stores = Array.from({ length: 10 }, (_, index) => index % 2 ? another : store);
    await Promise.all(stores.map((each) => each.put(key, artifact)));
    assert.deepEqual(await readKey(store, key), bytes);
    assert.deepEqual(await keysOf(store, ""), [key]);
  });

  test(
    "puts, deletes and reads of one key at once never show a part",
    async (store, { directory, another }) => {
      const bytes = bytesOf(1, 200_000);
      const { key, artifact } = await packedFile(directory, bytes);
      const rounds = Array.from({ length: 20 }, async (_, index) => {
        const each = index % 3 ? store : another;
        if (index % 4 === 3) return await each.delete(key);
        if (index % 2 === 0) return await each.put(key, artifact);
        const read = await readKey(each, key);
        if (read) assert.deepEqual(read, bytes);
      });
      await Promise.all(rounds);
    },
  );

  test("never mixes the bytes of two puts of one key", async (store, { directory, another }) => {
    const one = await packedFile(directory, bytesOf(1, 200_000));
    const other = (await packedFile(directory, bytesOf(2, 150_000))).artifact;
    await store.put(one.key, one.artifact);
    const isTaken = await store.put(one.key, other).then(() => true, () => false);
    const expected = isTaken ? bytesOf(2, 150_000) : bytesOf(1, 200_000);
    assert.deepEqual(await readKey(store, one.key), expected, "refused, or as announced");
    const puts = [one.artifact, other, one.artifact, other].flatMap((artifact) =>
      [store, another].map((each) => each.put(one.key, artifact).catch(() => {}))
    );
    const reads = Array.from({ length: 10 }, async () => {
      const bytes = await readKey(another, one.key);
      assert.ok(bytes, "there at any time");
      assert.deepEqual(bytes, bytesOf(bytes.length === 200_000 ? 1 : 2, bytes.length));
    });
    await Promise.all([...puts, ...reads]);
    const opened = (await store.open(one.key))!;
    const bytes = await readAll(opened.stream());
    assert.equal(bytes.length, opened.size);
    assert.deepEqual(bytes, bytesOf(bytes.length === 200_000 ? 1 : 2, bytes.length));
    await store.put(one.key, one.artifact);
    assert.equal(await another.verify(one.key, one.artifact.digest), true);
  });
}

/** What holds of `open` and `verify`. */
function testReadLaws(test: TestLaw): void {
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

  test("verifies the bytes of a key", async (store, { directory }) => {
    const { key, artifact } = await packedFile(directory, bytesOf(1));
    await store.put(key, artifact);
    assert.equal(await store.verify(key, artifact.digest), true);
    assert.equal(await store.verify(key, `sha256:${"0".repeat(64)}`), false);
  });
}

const markName = `.owner-${"0".repeat(64)}.json`;

/** What holds of marks. */
function testMarkLaws(test: TestLaw): void {
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

  test("lets one of many writers of a new mark win, whole", async (store, { another }) => {
    const texts = Array.from({ length: 20 }, (_, index) => `${index}`.repeat(50));
    const reads = await Promise.all(texts.map(async (text, index) => {
      const each = index % 2 ? another : store;
      await each.writeMark(markName, text, { replace: false });
      return await each.readMark(markName);
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
