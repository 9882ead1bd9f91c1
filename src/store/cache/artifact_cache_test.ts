import { strict as assert } from "node:assert";
import { bytesOf, packedFile } from "../../../tests/contract/store_fixtures.ts";
import { ArtifactCache } from "./artifact_cache.ts";

interface Place {
  readonly cache: ArtifactCache;
  /** Adds an artifact of so many bytes. */
  add(seed: number, size: number): Promise<string>;
  /** Sizes of the files in the cache's directory. */
  files(): readonly number[];
}

function test(behaviour: string, limitBytes: number, body: (place: Place) => Promise<void>) {
  Deno.test(`ArtifactCache ${behaviour}`, async () => {
    const scratch = await Deno.makeTempDir();
    const directory = `${scratch}/cache`;
    await Deno.mkdir(directory);
    const cache = new ArtifactCache({ directory, limitBytes });
    const files = () => [...Deno.readDirSync(directory)].map(({ name }) => sizeOf(directory, name));
    const add = async (seed: number, size: number) => {
      const { key, artifact } = await packedFile(scratch, bytesOf(seed, size));
      await cache.addCopy(key, artifact);
      return key;
    };
    await body({ cache, add, files });
    await Deno.remove(scratch, { recursive: true });
  });
}

const sizeOf = (directory: string, name: string) => Deno.statSync(`${directory}/${name}`).size;

test("lets those give way that were not read for the longest time", 300, async (place) => {
  const { cache, add } = place;
  const keys = [await add(1, 100), await add(2, 100), await add(3, 100)];
  cache.open(keys[0]!)?.close();
  const [fourth, fifth] = [await add(4, 100), await add(5, 50)];
  const here = [...keys, fourth, fifth].map((key) => {
    const artifact = cache.open(key);
    artifact?.close();
    return artifact !== undefined;
  });
  assert.deepEqual(here, [true, false, false, true, true]);
  assert.deepEqual(place.files().toSorted(), [100, 100, 50]);
  assert.equal(cache.bytes, 250);
});

test("leaves an artifact readable that gives way while it is open", 100, async ({ cache, add }) => {
  const key = await add(1, 100);
  const artifact = cache.open(key)!;
  await add(2, 100);
  assert.equal(cache.open(key), undefined);
  const bytes = new Uint8Array(await new Response(artifact.stream() as BodyInit).arrayBuffer());
  assert.deepEqual(bytes, bytesOf(1, 100));
});

test("keeps room for what is on its way", 250, async ({ cache, add, files }) => {
  const first = await add(1, 100);
  await add(2, 100);
  assert.equal(cache.reserve(251), false);
  assert.equal(files().length, 2, "nothing gave way to what cannot come");
  assert.equal(cache.reserve(100), true);
  assert.equal(cache.open(first), undefined);
  assert.equal(cache.reserve(200), false);
  await add(3, 200);
  assert.deepEqual(files(), [100], "what is on its way goes first");
  cache.release(100);
  await add(3, 200);
  assert.deepEqual(files(), [200]);
});

test("counts a file that was cut off or removed as none", 300, async ({ cache, add }) => {
  const [cut, gone] = [await add(1, 100), await add(2, 100)];
  await Deno.truncate(`${cache.directory}/0`, 99);
  await Deno.remove(`${cache.directory}/1`);
  assert.equal(cache.open(cut), undefined);
  assert.equal(cache.open(gone), undefined);
  assert.equal(cache.bytes, 0);
});

test("keeps nothing if it is off", 0, async ({ cache, add, files }) => {
  const key = await add(1, 1);
  assert.equal(cache.open(key), undefined);
  assert.deepEqual(files(), []);
});

test("deletes", 300, async ({ cache, add, files }) => {
  const key = await add(1, 100);
  assert.equal(await add(1, 100), key);
  assert.deepEqual(files(), [100], "one of one key");
  cache.delete(key);
  cache.delete(key);
  assert.equal(cache.open(key), undefined);
  assert.deepEqual(files(), []);
  assert.equal(cache.bytes, 0);
});
