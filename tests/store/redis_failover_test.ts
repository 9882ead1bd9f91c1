import { strict as assert } from "node:assert";
import { StepError } from "../../src/core/step_error.ts";
import type { ArtifactStore } from "../../src/store/artifact_store.ts";
import { bytesOf, packedFile } from "../contract/store.ts";
import { FaultyTcpProxy } from "../proxy/faulty_tcp_proxy.ts";
import {
  eventually,
  pause,
  startRedis,
  startRedisCluster,
  startRedisSentinel,
} from "../redis_server.ts";
import { openRedis, type Packed, readOutcome, type RedisValues } from "./redis_world.ts";

/** Opens a store and packs some artifacts; closes and removes them after the test. */
async function withStore(
  values: RedisValues,
  body: (store: ArtifactStore, packed: readonly Packed[]) => Promise<void>,
): Promise<void> {
  const directory = await Deno.makeTempDir();
  const store = await openRedis(values);
  try {
    const packed = Array.from(
      { length: 12 },
      (_, seed) => packedFile(directory, bytesOf(seed, 400_000)),
    );
    await body(store, await Promise.all(packed));
  } finally {
    await store.close();
    await Deno.remove(directory, { recursive: true });
  }
}

/** Puts until it succeeds; every failure on the way must be one that a user can read, and come within seconds. */
async function putAtLast(store: ArtifactStore, { key, artifact }: Packed): Promise<number> {
  for (let failures = 0;; failures++) {
    const start = Date.now();
    try {
      await store.put(key, artifact);
      return failures;
    } catch (error) {
      assert.ok(error instanceof StepError, Deno.inspect(error));
      assert.equal(error.class, "storage");
      assert.match(error.message, /^Cannot store ".*" in Redis: /);
      assert.ok(Date.now() - start < 15_000, `${Date.now() - start} ms: ${error.message}`);
      assert.ok(failures < 100, error.message);
      await pause(100);
    }
  }
}

async function expectAll(store: ArtifactStore, packed: readonly Packed[]): Promise<void> {
  for (const { key, artifact } of packed) {
    const { digest, size } = artifact;
    assert.deepEqual(await readOutcome(store, key), { digest, size });
  }
  const listed = (await Array.fromAsync(store.list(""))).map(({ key }) => key);
  assert.deepEqual(listed, packed.map(({ key }) => key).sort());
}

Deno.test("RedisStore follows the Sentinels to another master, losing nothing that a replica had", async () => {
  await using group = await startRedisSentinel({ downAfterMs: 2_000 });
  const [master, replica] = group.servers;
  await withStore({ redisUrl: group.url, redisWaitReplicas: 1 }, async (store, packed) => {
    for (const each of packed.slice(0, 6)) await store.put(each.key, each.artifact);
    await master!.kill();
    await assert.rejects(store.stat(packed[0]!.key), { class: "storage" });
    await eventually(async () => (await group.address()).endsWith(`${replica!.port}`));
    await expectAll(store, packed.slice(0, 6));
    // Not the old master: it would come back empty, and Sentinels can be late to tell it that it is none any more.
    await using _ = await startRedis({ args: ["--replicaof", "127.0.0.1", `${replica!.port}`] });
    for (const each of packed.slice(6)) await putAtLast(store, each);
    await expectAll(store, packed);
  });
});

Deno.test("RedisStore leaves a master that has become a replica while it stayed connected", async () => {
  await using group = await startRedisSentinel({ downAfterMs: 2_000 });
  const [master, replica] = group.servers;
  await withStore({ redisUrl: group.url }, async (store, packed) => {
    await store.put(packed[0]!.key, packed[0]!.artifact);
    await group.ask("sentinel", "failover", "ours");
    await eventually(async () => (await group.address()).endsWith(`${replica!.port}`));
    await eventually(async () => (await master!.cli("role")).startsWith("slave"));
    for (const each of packed) await putAtLast(store, each);
    await expectAll(store, packed);
  });
});

Deno.test("RedisStore connects anew when its address has come to lead to another master", async () => {
  await using old = await startRedis();
  await using next = await startRedis();
  await using proxy = new FaultyTcpProxy(old.port, () => ({}));
  await withStore(
    { redisUrl: `redis://127.0.0.1:${proxy.port}` },
    async (store, [first, second]) => {
      await store.put(first!.key, first!.artifact);
      await old.cli("replicaof", "127.0.0.1", `${next.port}`);
      proxy.targetPort = next.port;
      await store.put(second!.key, second!.artifact);
      await expectAll(store, [second!]);
    },
  );
});

Deno.test("RedisStore serves what the living nodes of a cluster have, and the rest when they are back", async () => {
  await using group = await startRedisCluster({ args: ["--appendonly", "yes"] });
  await withStore({ redisUrl: group.url }, async (store, packed) => {
    for (const each of packed) await store.put(each.key, each.artifact);
    await expectAll(store, packed);
    await group.servers[1]!.kill();
    let failures = 0;
    for (const { key, artifact } of packed) {
      const start = Date.now();
      const outcome = await readOutcome(store, key);
      assert.ok(Date.now() - start < 15_000, `${Date.now() - start} ms`);
      if (outcome instanceof StepError) failures++;
      else assert.deepEqual(outcome, { digest: artifact.digest, size: artifact.size });
    }
    assert.ok(failures > 0 && failures < packed.length, `${failures}`);
    await group.servers[1]!.restart();
    for (const each of packed) await putAtLast(store, each);
    await expectAll(store, packed);
  });
});

Deno.test("RedisStore follows the slots of a cluster to another node", async () => {
  await using group = await startRedisCluster();
  await withStore({ redisUrl: group.url }, async (store, packed) => {
    for (const each of packed) await store.put(each.key, each.artifact);
    const [from, to] = group.servers;
    const addresses = [from!, to!].map(({ port }) => `127.0.0.1:${port}`);
    const [fromId, toId] = await Promise.all(
      [from!, to!].map((each) => each.cli("cluster", "myid")),
    );
    const moving = from!.cli(
      ...["--cluster", "reshard", addresses[0]!, "--cluster-from", fromId!, "--cluster-to", toId!],
      ...["--cluster-slots", "3000", "--cluster-yes"],
    );
    let isMoving = true;
    void moving.finally(() => isMoving = false).catch(() => {});
    for (let round = 0; isMoving; round++) await putAtLast(store, packed[round % packed.length]!);
    await moving;
    await expectAll(store, packed);
  });
});
