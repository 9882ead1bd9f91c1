import { strict as assert } from "node:assert";
import { artifactKey, artifactPrefix } from "../../src/core/artifact_key.ts";
import type { ArtifactStore } from "../../src/store/artifact_store.ts";
import { bytesOf, keysOf, type PackedFile, packedFile, web } from "./store_fixtures.ts";
import type { TestLaw } from "./store_world.ts";

/** Names whose order as a part of a key is not their own: `-` and `.` come before `/`, `0` comes after it. */
const names = ["a", "a-b", "a.b", "a0", "a-b.c", "ab", "b"];

/** Some artifacts of every source that the names make. */
async function packMany(directory: string, count: number): Promise<readonly PackedFile[]> {
  const sources = names.flatMap((namespace) =>
    names.map((name) => ({ namespace: namespace.replaceAll(".", "-"), name }))
  );
  const packed: PackedFile[] = [];
  for (let seed = 0; packed.length < count; seed++) {
    const bytes = new TextEncoder().encode(`${seed}`);
    // Neither in their order nor in its reverse.
    packed.push(await packedFile(directory, bytes, sources[(seed * 11) % sources.length]!));
  }
  return packed;
}

async function putAll(store: ArtifactStore, packed: readonly PackedFile[]): Promise<string[]> {
  const left = [...packed];
  const putSome = async () => {
    for (let next = left.pop(); next; next = left.pop()) await store.put(next.key, next.artifact);
  };
  await Promise.all(Array.from({ length: 8 }, putSome));
  return [...new Set(packed.map(({ key }) => key))].sort();
}

/** What holds of `list`. */
export function testListLaws(test: TestLaw): void {
  test("lists the keys that begin with a prefix", async (store, { directory, time }) => {
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
    const [info, ...others] = await Array.fromAsync(store.list(keys[1]!));
    assert.deepEqual([info?.key, info?.size, others], [keys[1], 11, []]);
    time.assertNow(info?.lastPut);
  });

  test("lists many keys, each once, in the order of the whole keys", async (store, world) => {
    const keys = await putAll(store, await packMany(world.directory, world.manyKeys));
    assert.ok(keys.length >= world.manyKeys, "as many keys as were packed");
    for (const prefix of ["", "artifacts/a", "artifacts/a/", "artifacts/a-b/", "artifacts/a/a"]) {
      const expected = keys.filter((key) => key.startsWith(prefix));
      assert.deepEqual(await keysOf(world.another, prefix), expected, prefix);
    }
  });

  test("lists what stays, whatever is put and deleted meanwhile", async (store, world) => {
    const keys = await putAll(store, await packMany(world.directory, world.manyKeys));
    const staying = keys.filter((_, index) => index % 3 > 0);
    const going = keys.filter((_, index) => index % 3 === 0);
    const later = await packedFile(world.directory, bytesOf(1), { namespace: "a-b", name: "z" });
    const seen: string[] = [];
    for await (const { key } of store.list("")) {
      seen.push(key);
      const gone = going.pop();
      if (gone) await world.another.delete(gone);
      if (seen.length === 5) await world.another.put(later.key, later.artifact);
    }
    assert.deepEqual(seen, [...new Set(seen)].sort(), "in order, none twice");
    assert.deepEqual(staying.filter((key) => !seen.includes(key)), []);
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

  test("can be listed in part, and by several at once", async (store, world) => {
    const keys = await putAll(store, await packMany(world.directory, 12));
    for await (const { key } of store.list("")) {
      assert.equal(key, keys[0]);
      break;
    }
    const lists = await Promise.all([keysOf(store, ""), keysOf(world.another, "")]);
    assert.deepEqual(lists, [keys, keys]);
    const none = artifactKey({ namespace: "zz", name: "zz", hex: "0".repeat(64) });
    assert.deepEqual(await keysOf(store, none), []);
  });
}
