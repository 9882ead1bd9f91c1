import { strict as assert } from "node:assert";
import { artifactKey } from "../../src/core/artifact_key.ts";
import { eventually } from "../acceptance/eventually.ts";
import { bytesOf, packedFile } from "../contract/store_fixtures.ts";
import { Replica } from "./replica.ts";

interface Place {
  readonly replicas: readonly Replica[];
  readonly first: Replica;
  readonly second: Replica;
  /** Puts an artifact into the store of a replica. */
  put(replica: Replica, seed: number, size?: number): Promise<{ key: string; bytes: Uint8Array }>;
}

function test(behaviour: string, body: (place: Place) => Promise<void>, count = 2): void {
  Deno.test(`replicas ${behaviour}`, async () => {
    const directory = await Deno.makeTempDir();
    await using stack = new AsyncDisposableStack();
    const names = Array.from({ length: count }, (_, index) => `web-${[1, 10, 2][index]}`);
    const replicas = await Replica.several(names);
    for (const replica of replicas) stack.use(replica);
    const put = async (replica: Replica, seed: number, size?: number) => {
      const { key, artifact } = await packedFile(directory, bytesOf(seed, size));
      await replica.store.put(key, artifact);
      return { key, bytes: bytesOf(seed, size) };
    };
    await body({ replicas, first: replicas[0]!, second: replicas[1]!, put });
    await Deno.remove(directory, { recursive: true });
  });
}

test("bring an artifact from each other once, however many want it", async (place) => {
  const { first, second, put } = place;
  for (const size of [1, 300_000]) {
    const { key, bytes } = await put(second, size, size);
    first.named.add(key);
    const all = await Promise.all(Array.from({ length: 100 }, async () => {
      const response = await first.get(key);
      assert.equal(response.status, 200);
      return await response.bytes();
    }));
    for (const each of all) assert.deepEqual(each, bytes);
    assert.equal(second.answered.splice(0).length, 1);
    // It is answered while it is on its way, and kept once all of it is there.
    await eventually(() => first.store.verify(key, `sha256:${key.slice(-71, -7)}`), {
      ...{ withinMs: 30_000, what: "the replica that was asked keeps it" },
    });
  }
});

test("do not ask in a circle for what none of them has", async ({ replicas, first, put }) => {
  const { key } = await put(first, 1);
  await first.store.delete(key);
  for (const replica of replicas) replica.named.add(key);
  const response = await first.get(key);
  assert.equal(response.status, 503, "it is being rebuilt");
  await response.body?.cancel();
  assert.deepEqual(replicas.map(({ answered }) => answered.length), [1, 1, 1]);
}, 3);

test("are not asked for an invented key, whatever its request says", async (place) => {
  const { first, second, put } = place;
  const { key } = await put(second, 1);
  for (const header of ["X-Other", "X-Externalsource-Hop"]) {
    const response = await first.get(key, { headers: { [header]: "1" } });
    assert.equal(response.status, 404);
    await response.body?.cancel();
  }
  assert.deepEqual(second.answered, []);
});

test("never pass on wrong bytes", async ({ first, second, put }) => {
  const { key } = await put(second, 1, 200_000);
  const wrong = artifactKey({ namespace: "apps", name: "web", hex: "0".repeat(64) });
  const { bytes } = await put(second, 2, 200_000);
  const file = await Deno.makeTempFile();
  await Deno.writeFile(file, bytes);
  const digest = `sha256:${(await put(second, 2, 200_000)).key.slice(-71, -7)}`;
  await second.store.put(wrong, { file, size: bytes.length, digest });
  await Deno.remove(file);
  first.named.add(wrong).add(key);
  const response = await first.get(wrong);
  assert.equal(response.status, 503);
  await response.body?.cancel();
  assert.deepEqual(first.corrupt, [wrong]);
  assert.equal(await first.store.stat(wrong), undefined);
});

test("serve what their own store does not take", async ({ first, second, put }) => {
  const { key, bytes } = await put(second, 1);
  first.store.put = () => Promise.reject(new Error("full"));
  first.named.add(key);
  for (let count = 0; count < 2; count++) {
    assert.deepEqual(await (await first.get(key)).bytes(), bytes);
  }
  assert.equal(first.refused.length, 2);
});

test("hold copies for each other, those with the lowest ordinal first", async (place) => {
  const { replicas, first, put } = place;
  const { key, bytes } = await put(first, 1, 500_000);
  assert.equal(await first.peers.replicate(key, 2), 2);
  const holders = await Promise.all(
    replicas.map(async ({ store }) => await store.stat(key) !== undefined),
  );
  assert.deepEqual(holders, [true, false, true], "web-1 asks web-2, not web-10");
  assert.equal(await first.peers.replicate(key, 3), 3);
  assert.equal(await first.peers.replicate(key, 4), 3, "there are no more");
  assert.equal(await first.peers.replicate(key, 1), 1);
  assert.deepEqual(await (await replicas[1]!.get(key)).bytes(), bytes);
}, 3);

test("ask the next when one cannot hold a copy", async ({ replicas, first, put }) => {
  const { key } = await put(first, 1);
  await replicas[2]!.server.drain(0);
  assert.equal(await first.peers.replicate(key, 2), 2);
  assert.ok(await replicas[1]!.store.stat(key));
}, 3);

test("say 503 and not 404 while one that may have the artifact does not answer", async (place) => {
  const { first, second, put } = place;
  const { key } = await put(second, 1);
  first.named.add(key);
  await second.server.drain(0);
  const response = await first.get(key);
  assert.equal(response.status, 503);
  assert.equal(response.headers.get("retry-after"), "5");
  await response.body?.cancel();
});
