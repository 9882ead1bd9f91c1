import { strict as assert } from "node:assert";
import {
  bytesOf,
  packedFile,
  readKey,
  type StoreTestContext,
  testStore,
} from "../../../tests/contract/store.ts";
import { ManualClock } from "../../../tests/manual_clock.ts";
import { openFiles } from "../../../tests/open_files.ts";
import { until } from "../../../tests/upstream.ts";
import type { ArtifactStore } from "../artifact_store.ts";
import { pvc } from "../pvc.ts";

const openPvc = ({ clock, directory }: StoreTestContext) =>
  pvc.open({ storagePath: directory, storageMinFree: 0 }, clock);

testStore("PvcStore", openPvc);

interface Place {
  readonly root: string;
  readonly store: ArtifactStore;
  readonly clock: ManualClock;
  /** For packed files. */
  readonly scratch: string;
}

function test(behaviour: string, body: (place: Place) => Promise<void>): void {
  Deno.test(`PvcStore ${behaviour}`, async () => {
    const scratch = await Deno.makeTempDir();
    const root = `${scratch}/volume`;
    const clock = new ManualClock(Date.now());
    try {
      const store = await pvc.open({ storagePath: root, storageMinFree: 0 }, clock);
      await body({ root, store, clock, scratch });
    } finally {
      await Deno.remove(scratch, { recursive: true });
    }
  });
}

const modeOf = async (path: string) => (await Deno.lstat(path)).mode! & 0o777;
const namesIn = async (directory: string) =>
  (await Array.fromAsync(Deno.readDir(directory))).map(({ name }) => name).sort();
const keysOf = async (store: ArtifactStore) =>
  (await Array.fromAsync(store.list(""))).map(({ key }) => key);

test("keeps files 0600 at their key in directories 0700", async ({ root, store, scratch }) => {
  const { key, artifact } = await packedFile(scratch, bytesOf(1));
  await store.put(key, artifact);
  assert.deepEqual(await Deno.readFile(`${root}/${key}`), bytesOf(1));
  assert.equal(await modeOf(`${root}/${key}`), 0o600);
  for (const directory of ["", "/artifacts", "/artifacts/apps", "/artifacts/apps/web"]) {
    assert.equal(await modeOf(root + directory), 0o700, directory);
  }
});

test("leaves neither temporary files nor empty directories", async ({ root, store, scratch }) => {
  const { key, artifact } = await packedFile(scratch, bytesOf(1));
  await assert.rejects(store.put(key, { ...artifact, digest: `sha256:${"0".repeat(64)}` }));
  await store.put(key, artifact);
  await store.put(key, artifact);
  assert.deepEqual(await namesIn(`${root}/.incoming`), []);
  await store.delete(key);
  assert.deepEqual(await namesIn(`${root}/artifacts`), []);
});

test("has what another process put before", async ({ root, store, clock, scratch }) => {
  const { key, artifact } = await packedFile(scratch, bytesOf(1));
  await store.put(key, artifact);
  const reopened = await pvc.open({ storagePath: root, storageMinFree: 0 }, clock);
  assert.deepEqual(await readKey(reopened, key), bytesOf(1));
});

test("repairs a file that was cut off, altered or replaced", async ({ root, store, scratch }) => {
  const { key, artifact } = await packedFile(scratch, bytesOf(1));
  const path = `${root}/${key}`;
  const damages: (() => Promise<void>)[] = [
    () => Deno.truncate(path, 100),
    () => Deno.truncate(path, 0),
    () => Deno.writeFile(path, bytesOf(2)),
    () => Deno.writeFile(path, new Uint8Array(1), { append: true }),
    () => Deno.remove(path).then(() => Deno.symlink(artifact.file, path)),
    () => Deno.remove(path),
  ];
  for (const [index, damage] of damages.entries()) {
    await store.put(key, artifact);
    await damage();
    assert.equal(await store.verify(key, artifact.digest), false, `damage ${index}`);
    await store.put(key, artifact);
    assert.equal(await store.verify(key, artifact.digest), true, `damage ${index}`);
  }
  assert.deepEqual(await Deno.readFile(artifact.file), bytesOf(1));
});

test("serves, lists and keeps files of the Go implementation", async ({ root, store }) => {
  const key = `artifacts/apps/web/${"a".repeat(64)}.tar.gz`;
  await Deno.mkdir(`${root}/artifacts/apps/web`, { recursive: true, mode: 0o755 });
  await Deno.writeFile(`${root}/${key}`, bytesOf(1), { mode: 0o644 });
  const lastPut = Date.UTC(2025, 5, 1);
  await Deno.utime(`${root}/${key}`, lastPut / 1_000, lastPut / 1_000);
  assert.deepEqual(await readKey(store, key), bytesOf(1));
  assert.deepEqual(await Array.fromAsync(store.list("")), [{ key, size: 70_001, lastPut }]);
});

test("never leaves its root through a symbolic link", async ({ root, store, scratch }) => {
  const { key, artifact } = await packedFile(scratch, bytesOf(1));
  const outside = `${scratch}/outside`;
  await store.put(key, artifact);
  for (const directory of ["artifacts/apps/web", "artifacts/apps", "artifacts"]) {
    await Deno.rename(`${root}/${directory}`, outside);
    await Deno.symlink(outside, `${root}/${directory}`);
    assert.equal(await store.open(key), undefined);
    assert.equal(await store.stat(key), undefined);
    assert.equal(await store.verify(key, artifact.digest), false);
    assert.deepEqual(await keysOf(store), []);
    await assert.rejects(store.put(key, artifact), {
      class: "storage",
      message: /a symbolic link is in its place/,
    });
    await store.delete(key);
    await Deno.remove(`${root}/${directory}`);
    await Deno.rename(outside, `${root}/${directory}`);
    assert.deepEqual(await keysOf(store), [key]);
  }
});

test("lists nothing but keys", async ({ root, store, scratch }) => {
  const { key, artifact } = await packedFile(scratch, bytesOf(1));
  await store.put(key, artifact);
  await Deno.mkdir(`${root}/lost+found`, { mode: 0 });
  await Deno.mkdir(`${root}/${key.replace("web", "dir")}`, { recursive: true });
  for (const name of [".owner-1.json", "artifacts/readme", "artifacts/apps/web/x.tar.gz.lock"]) {
    await Deno.writeTextFile(`${root}/${name}`, "");
  }
  assert.deepEqual(await keysOf(store), [key]);
});

test("reports a directory in the place of a key", async ({ root, store, scratch }) => {
  const { key, artifact } = await packedFile(scratch, bytesOf(1));
  await Deno.mkdir(`${root}/${key}`, { recursive: true });
  assert.equal(await store.open(key), undefined);
  await assert.rejects(store.put(key, artifact), {
    message: `Cannot store "${key}": there is a directory in its place`,
    class: "storage",
  });
  assert.deepEqual(await namesIn(`${root}/.incoming`), []);
});

test("removes leftovers when it is opened, but no file that is being written", async (place) => {
  const { root, clock } = place;
  const directory = `${root}/.incoming`;
  await Deno.mkdir(directory);
  for (const name of ["put-dead.tmp", "put-young.tmp", "put-busy.tmp"]) {
    await Deno.writeTextFile(`${directory}/${name}`, "part");
  }
  const agoMs = (ms: number) => new Date(clock.now() - ms);
  await Deno.utime(`${directory}/put-dead.tmp`, agoMs(20_000), agoMs(20_000));
  await Deno.utime(`${directory}/put-busy.tmp`, agoMs(20_000), agoMs(20_000));
  using busy = await Deno.open(`${directory}/put-busy.tmp`, { write: true });
  await busy.lock(true);
  await pvc.open({ storagePath: root, storageMinFree: 0 }, clock);
  assert.deepEqual(await namesIn(directory), ["put-busy.tmp", "put-young.tmp"]);
  await clock.advance(20_000);
  await until(() => [...Deno.readDirSync(directory)].length === 1);
  assert.deepEqual(await namesIn(directory), ["put-busy.tmp"]);
});

test("plans nothing any more once it is closed", async ({ store, clock }) => {
  assert.equal(clock.pending, 1);
  await store.close();
  assert.equal(clock.pending, 0);
});

test("puts into a directory that another writer is removing", async ({ store, scratch }) => {
  const old = await packedFile(scratch, bytesOf(1, 10));
  const next = await packedFile(scratch, bytesOf(2, 10));
  const deleteAfter = async (turns: number) => {
    for (let turn = 0; turn < turns; turn++) await store.stat(old.key);
    await store.delete(old.key);
  };
  for (let round = 0; round < 80; round++) {
    await store.put(old.key, old.artifact);
    await Promise.all([deleteAfter(round), store.put(next.key, next.artifact)]);
    assert.deepEqual(await keysOf(store), [next.key]);
    await store.delete(next.key);
  }
});

test("closes every file", async ({ store, root, scratch }) => {
  const { key, artifact } = await packedFile(scratch, bytesOf(1, 300_000));
  await store.put(key, artifact);
  const before = openFiles(root);
  await store.put(key, artifact);
  await store.verify(key, artifact.digest);
  await assert.rejects(store.put(key, { ...artifact, size: 1 }));
  for (const range of [undefined, { start: 5, end: 200_000 }]) {
    const cancelled = (await store.open(key))!;
    const reader = cancelled.stream(range).getReader();
    await reader.read();
    await reader.cancel();
    const read = (await store.open(key))!;
    for await (const _ of read.stream(range));
    (await store.open(key))!.close();
  }
  assert.equal(openFiles(root), before);
});

Deno.test("PvcStore leaves some of its volume free, but stores what it has already", async () => {
  const scratch = await Deno.makeTempDir();
  const { key, artifact } = await packedFile(scratch, bytesOf(1));
  const openAt = (storageMinFree: number) =>
    pvc.open({ storagePath: `${scratch}/volume`, storageMinFree }, new ManualClock(Date.now()));
  const narrow = await openAt(2 ** 50);
  await assert.rejects(narrow.put(key, artifact), {
    class: "storage",
    message:
      /^Cannot store "artifacts\/.*": it has 68\.4 KiB, and the volume has [0-9.]+ [GT]iB free, of which 1\.0 PiB are not used; enlarge the volume, or set a smaller --storage-min-free$/,
  });
  await (await openAt(2 ** 20)).put(key, artifact);
  await narrow.put(key, artifact);
  await Deno.truncate(`${scratch}/volume/${key}`, 10);
  await narrow.put(key, artifact);
  assert.equal(await narrow.verify(key, artifact.digest), true, "repaired");
  assert.equal(await narrow.delete(key), true);
  await Deno.remove(scratch, { recursive: true });
});
