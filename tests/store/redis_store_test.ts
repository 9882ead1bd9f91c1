import { strict as assert } from "node:assert";
import { bytesOf, readKey } from "../contract/store.ts";
import { ManualClock } from "../manual_clock.ts";
import { eventually, startRedis } from "../redis_server.ts";
import { inRedisWorld, keysToStay, readOutcome, type RedisWorld } from "./redis_world.ts";

const test = (behaviour: string, body: (world: RedisWorld) => Promise<void>) =>
  Deno.test(`RedisStore ${behaviour}`, () => inRedisWorld(body));

const storageError = (message: RegExp) => ({ class: "storage", message });

const keysOf = async ({ store }: RedisWorld) =>
  (await Array.fromAsync(store.list(""))).map(({ key }) => key);

const prefix = "externalsource:";

async function chunksOf({ server }: RedisWorld, key: string): Promise<string[]> {
  const out = await server.cli("keys", `${prefix}{${key}}:*`);
  return out.split("\n").sort();
}

test("keeps what is published for ever, and nothing else", async (world) => {
  const { server, store, pack } = world;
  const { key, artifact } = await pack(1);
  await store.put(key, artifact);
  const chunks = await chunksOf(world, key);
  assert.equal(chunks.length, 3);
  const published = [
    ...chunks,
    `${prefix}{${key}}`,
    `${prefix}{index}`,
    `${prefix}{index}:announced`,
  ];
  assert.deepEqual(await keysToStay(server), published.sort());
  await store.put(key, artifact);
  assert.deepEqual(await keysToStay(server), published);
  await store.delete(key);
  assert.equal((await keysToStay(server)).length, 2);
  assert.deepEqual(await chunksOf(world, key), chunks, "somebody may be downloading it");
  const ttl = Number(await server.cli("ttl", chunks[0]!));
  assert.ok(ttl > 600 && ttl <= 900, `${ttl}`);
});

test("gives what was replaced a time to live", async (world) => {
  const { server, store, pack } = world;
  const { key, artifact } = await pack(1);
  await store.put(key, artifact);
  const [first] = await chunksOf(world, key);
  await server.cli("setrange", first!, "7", "damage");
  await store.put(key, artifact);
  const chunks = await chunksOf(world, key);
  assert.equal(chunks.length, 6);
  assert.equal((await keysToStay(server)).filter((name) => chunks.includes(name)).length, 3);
  assert.ok(!(await keysToStay(server)).includes(first!));
});

test("never gives a part for the whole, and repairs what is lost or damaged", async (world) => {
  const { server, store, pack } = world;
  const { key, artifact } = await pack(1);
  const damages: ((chunk: string) => Promise<string>)[] = [
    (chunk) => server.cli("del", chunk),
    (chunk) => server.cli("set", chunk, "short"),
    (chunk) => server.cli("append", chunk, "x"),
    (chunk) => server.cli("setrange", chunk, "100", "damage"),
  ];
  for (const [index, damage] of damages.entries()) {
    await server.cli("flushall");
    await store.put(key, artifact);
    await damage((await chunksOf(world, key))[index % 3]!);
    for (const way of ["stream", "read"] as const) {
      const outcome = await readOutcome(store, key, way);
      assert.ok(outcome instanceof Error, `damage ${index}: ${JSON.stringify(outcome)}`);
      assert.match(
        outcome.message,
        /^Cannot read ".*" in Redis: part [123] of 3 is missing or damaged$/,
      );
    }
    assert.equal(await store.verify(key, artifact.digest), false);
    await store.put(key, artifact);
    assert.equal(await store.verify(key, artifact.digest), true, `damage ${index}`);
  }
});

test("reads no damaged record, and writes it anew", async (world) => {
  const { server, store, pack } = world;
  const { key, artifact } = await pack(1);
  await store.put(key, artifact);
  await server.cli("hset", `${prefix}{${key}}`, "digest", "damage");
  const damaged = storageError(/^Cannot read ".*" in Redis: what is kept of it is damaged$/);
  await assert.rejects(store.open(key), damaged);
  assert.equal(await store.stat(key), undefined, "only a put mends it");
  assert.equal(await store.verify(key, artifact.digest), false);
  assert.deepEqual(await keysOf(world), []);
  await store.put(key, artifact);
  assert.deepEqual(await readKey(store, key), bytesOf(1, 700_001));
  assert.deepEqual(await keysOf(world), [key]);
});

test("has nothing once the server has lost everything", async (world) => {
  const { server, store, pack } = world;
  const { key, artifact } = await pack(1);
  await store.put(key, artifact);
  await server.cli("flushall");
  assert.equal(await store.open(key), undefined);
  assert.equal(await store.verify(key, artifact.digest), false);
  assert.deepEqual(await keysOf(world), []);
  await store.put(key, artifact);
  assert.deepEqual(await keysOf(world), [key]);
});

test("skips entries of the index without an artifact and removes old ones", async (world) => {
  const { server, store, pack } = world;
  const { key, artifact } = await pack(1);
  await store.put(key, artifact);
  await store.delete(key);
  assert.deepEqual(await keysOf(world), []);
  // So late a put may still be on its way to publish.
  assert.equal(await server.cli("zcard", `${prefix}{index}`), "1");
  await server.cli("zadd", `${prefix}{index}:announced`, `${Date.now() / 1_000 - 200}`, key);
  await server.cli("zadd", `${prefix}{index}`, "0", "no key at all");
  assert.deepEqual(await keysOf(world), []);
  assert.equal(await server.cli("zcard", `${prefix}{index}`), "0");
});

test("lists again what the index has lost, once it is put or verified", async (world) => {
  const { server, store, pack } = world;
  const { key, artifact } = await pack(1);
  await store.put(key, artifact);
  const mends = [() => store.put(key, artifact), () => store.verify(key, artifact.digest)];
  for (const mend of mends) {
    await server.cli("del", `${prefix}{index}`);
    assert.deepEqual(await keysOf(world), []);
    await mend();
    assert.deepEqual(await keysOf(world), [key]);
  }
});

test("refuses an artifact above its limit", async ({ open, pack }) => {
  const store = await open({ redisMaxArtifactSize: 700_000 });
  const { key, artifact } = await pack(1, 700_001);
  await assert.rejects(
    store.put(key, artifact),
    storageError(/700001 bytes, more than the 700000 of REDIS_MAX_ARTIFACT_SIZE; raise it/),
  );
  const smaller = await pack(1, 700_000);
  await store.put(smaller.key, smaller.artifact);
});

test("takes nothing while a server evicts, and asks again", async ({ server, open, pack }) => {
  const clock = new ManualClock(Date.now());
  const store = await open({}, clock);
  const { key, artifact } = await pack(1);
  const policy = (name: string) => server.cli("config", "set", "maxmemory-policy", name);
  for (const name of ["allkeys-lru", "allkeys-random", "allkeys-lfu"]) {
    await policy(name);
    const evicting = storageError(new RegExp(`may evict artifacts \\(maxmemory-policy ${name}\\)`));
    await assert.rejects(store.put(key, artifact), evicting);
    await assert.rejects(
      store.writeMark(`.owner-${"0".repeat(64)}.json`, "", { replace: true }),
      evicting,
    );
    assert.equal(await store.stat(key), undefined);
  }
  for (const name of ["volatile-lru", "noeviction"]) {
    await policy(name);
    await store.put(key, artifact);
    await clock.advance(60_000);
  }
  await policy("allkeys-lru");
  await assert.rejects(store.put(key, artifact), storageError(/may evict/));
  await policy("noeviction");
  await store.put(key, artifact);
  await policy("allkeys-lru");
  await server.cli("client", "kill", "type", "normal");
  await assert.rejects(store.put(key, artifact), storageError(/may evict/));
  assert.equal(await store.verify(key, artifact.digest), true);
});

test("reports a full server, which keeps what it has, and goes on", async (world) => {
  const { server, store, pack } = world;
  const first = await pack(1);
  await store.put(first.key, first.artifact);
  const used = /used_memory:(\d+)/.exec(await server.cli("info", "memory"))![1]!;
  await server.cli("config", "set", "maxmemory", `${Number(used) + 1_500_000}`);
  const large = await pack(2, 5_000_000);
  await assert.rejects(
    store.put(large.key, large.artifact),
    storageError(/^Cannot store ".*" in Redis: it is out of memory; raise maxmemory/),
  );
  assert.equal(await store.open(large.key), undefined);
  await server.cli("config", "set", "maxmemory", "1");
  assert.equal(await store.verify(first.key, first.artifact.digest), true);
  assert.equal((await readKey(store, first.key))?.length, 700_001);
  assert.deepEqual(await keysOf(world), [first.key]);
  await assert.rejects(store.put(first.key, first.artifact), storageError(/out of memory/));
  assert.equal(await store.delete(first.key), true);
  await server.cli("config", "set", "maxmemory", "0");
  await store.put(large.key, large.artifact);
  assert.equal(await store.verify(large.key, large.artifact.digest), true);
});

test("publishes nothing of which the server has evicted a part, and keeps the rest", async (world) => {
  const { server, store, pack } = world;
  const first = await pack(1);
  await store.put(first.key, first.artifact);
  const used = /used_memory:(\d+)/.exec(await server.cli("info", "memory"))![1]!;
  await server.cli("config", "set", "maxmemory-policy", "volatile-lru");
  await server.cli("config", "set", "maxmemory", `${Number(used) + 2_500_000}`);
  const large = await pack(2, 5_000_000);
  await assert.rejects(
    store.put(large.key, large.artifact),
    storageError(
      / in Redis: it lost a part before all was there; look whether its memory suffices$/,
    ),
  );
  assert.equal(await store.open(large.key), undefined);
  assert.deepEqual(await keysOf(world), [first.key]);
  assert.equal(await store.verify(first.key, first.artifact.digest), true);
});

test("waits for replicas if it is told to", async ({ server, open, pack }) => {
  const store = await open({ redisWaitReplicas: 1 });
  const { key, artifact } = await pack(1);
  await assert.rejects(
    store.put(key, artifact),
    storageError(/0 replicas have it in time, not the 1 of REDIS_WAIT_REPLICAS/),
  );
  await server.cli("config", "set", "repl-diskless-sync-delay", "0");
  await using replica = await startRedis({ args: ["--replicaof", "127.0.0.1", `${server.port}`] });
  await eventually(async () =>
    (await replica.cli("info", "replication")).includes("link_status:up")
  );
  await store.put(key, artifact);
  await store.writeMark(`.owner-${"0".repeat(64)}.json`, "text", { replace: false });
  await server.kill();
  const other = await open({ redisUrl: `redis://127.0.0.1:${replica.port}` });
  assert.equal((await readKey(other, key))?.length, 700_001);
  assert.deepEqual((await Array.fromAsync(other.list(""))).map((info) => info.key), [key]);
  await assert.rejects(other.delete(key), storageError(/it is a replica, which takes no writes/));
});

Deno.test("RedisStore has after a power cut what a server with an append-only file has taken", () =>
  inRedisWorld(async ({ server, store, pack }) => {
    const { key, artifact } = await pack(1);
    await store.put(key, artifact);
    await server.kill();
    const start = Date.now();
    await assert.rejects(
      store.open(key),
      storageError(/^Cannot read ".*" in Redis: the connection is refused$/),
    );
    await assert.rejects(store.put(key, artifact), storageError(/the connection is refused/));
    await assert.rejects(
      Array.fromAsync(store.list("")),
      storageError(/the connection is refused/),
    );
    assert.ok(Date.now() - start < 5_000);
    await server.restart();
    assert.equal(await store.verify(key, artifact.digest), true);
  }, { args: ["--appendonly", "yes", "--appendfsync", "always"] }));

Deno.test("RedisStore takes a new password from its file without a restart", () =>
  inRedisWorld(async ({ server, open, pack, directory }) => {
    const redisPasswordFile = `${directory}/password`;
    await Deno.writeTextFile(redisPasswordFile, "canary-1\n");
    const store = await open({ redisPasswordFile });
    const { key, artifact } = await pack(1);
    await store.put(key, artifact);
    await server.cli("config", "set", "requirepass", "canary-2");
    const cli = (...command: string[]) =>
      server.cli("-a", "canary-2", "--no-auth-warning", ...command);
    await cli("client", "kill", "type", "normal");
    await assert.rejects(store.stat(key), (error: Error) => {
      assert.match(
        error.message,
        /it refuses user or password; correct REDIS_URL or REDIS_PASSWORD_FILE/,
      );
      return !Deno.inspect(error).includes("canary");
    });
    await Deno.writeTextFile(redisPasswordFile, "canary-2\n");
    assert.equal((await store.stat(key))?.size, artifact.size);
    await Deno.remove(redisPasswordFile);
    await cli("client", "kill", "type", "normal");
    await assert.rejects(
      store.stat(key),
      storageError(/in Redis: Cannot read REDIS_PASSWORD_FILE: no such file or directory$/),
    );
  }, { password: "canary-1" }));
