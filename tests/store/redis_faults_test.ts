import { strict as assert } from "node:assert";
import { StepError } from "../../src/core/step_error.ts";
import type { ArtifactStore } from "../../src/store/artifact_store.ts";
import { type ConnectionFault, FaultyTcpProxy } from "../proxy/faulty_tcp_proxy.ts";
import { seededRandom } from "../seeded_random.ts";
import { inRedisWorld, type Packed, readOutcome, type RedisWorld } from "./redis_world.ts";

type Random = () => number;

function newSeed(): number {
  const seed = Math.floor(Math.random() * 2 ** 32);
  console.log(`seed ${seed}`);
  return seed;
}

interface Through {
  readonly world: RedisWorld;
  readonly store: ArtifactStore;
  readonly proxy: FaultyTcpProxy;
  readonly random: Random;
}

/** Runs a test on a store whose connections are spoilt as long as `faults.on`. */
function throughProxy(
  faultOf: (random: Random) => ConnectionFault,
  body: (through: Through, faults: { on: boolean }) => Promise<void>,
): Promise<void> {
  return inRedisWorld(async (world) => {
    const random = seededRandom(newSeed());
    const faults = { on: true };
    await using proxy = new FaultyTcpProxy(
      world.server.port,
      () => faults.on ? faultOf(random) : {},
    );
    const store = await world.open({ redisUrl: `redis://127.0.0.1:${proxy.port}` });
    await body({ world, store, proxy, random }, faults);
    await store.close();
  });
}

/** What was put for sure must be there, whole; what failed must be absent or whole. */
async function expectNothingWrong(
  { world }: Through,
  all: readonly Packed[],
  done: ReadonlySet<string>,
): Promise<void> {
  const listed = new Set((await Array.fromAsync(world.store.list(""))).map(({ key }) => key));
  for (const { key, artifact } of all) {
    const outcome = await readOutcome(world.store, key);
    if (outcome === "absent") assert.ok(!done.has(key), `${key} is lost`);
    else assert.deepEqual(outcome, { digest: artifact.digest, size: artifact.size });
    if (done.has(key)) assert.ok(listed.has(key), `${key} is not listed`);
  }
}

function isStorageError(error: unknown): error is StepError {
  assert.ok(error instanceof StepError, Deno.inspect(error));
  assert.equal(error.class, "storage");
  return true;
}

class Tally {
  readonly done = new Set<string>();
  puts = 0;
  reads = 0;
  failures = 0;

  async put(store: ArtifactStore, { key, artifact }: Packed): Promise<void> {
    try {
      await store.put(key, artifact);
      this.done.add(key);
      this.puts++;
    } catch (error) {
      if (isStorageError(error)) this.failures++;
    }
  }

  async read(store: ArtifactStore, packed: Packed, way: "stream" | "read"): Promise<void> {
    const { key, artifact } = packed;
    const outcome = await readOutcome(store, key, way);
    if (outcome === "absent") return assert.ok(!this.done.has(key), `${key} is lost`);
    if (outcome instanceof Error) {
      if (isStorageError(outcome)) this.failures++;
      return;
    }
    assert.deepEqual(outcome, { digest: artifact.digest, size: artifact.size });
    this.reads++;
  }
}

/** Puts, and reads four times at once, for some rounds. */
async function work(
  { store, random }: Through,
  all: readonly Packed[],
  rounds: number,
): Promise<Tally> {
  const tally = new Tally();
  for (let round = 0; round < rounds; round++) {
    const packed = all[Math.floor(random() * all.length)]!;
    await tally.put(store, packed);
    const ways = ["stream", "read", "stream", "read"] as const;
    await Promise.all(ways.map((way) => tally.read(store, packed, way)));
  }
  return tally;
}

const sizes = [0, 20, 70_001, 600_000, 1_500_000];

const packAll = ({ pack }: RedisWorld) => Promise.all(sizes.map((size, seed) => pack(seed, size)));

interface Fault {
  readonly name: string;
  readonly rounds: number;
  faultOf(random: Random): ConnectionFault;
  readonly alters?: true;
}

const upTo = (bytes: number, random: Random) => Math.floor(random() ** 2 * bytes);

const kinds: readonly Fault[] = [
  {
    name: "are refused or cut off at any byte",
    rounds: 60,
    faultOf: (random) => random() < 0.2 ? { refuse: true } : { cutAfter: upTo(4_000_000, random) },
  },
  {
    name: "bring altered bytes",
    rounds: 30,
    faultOf: (random) => ({ alterAt: upTo(2_000_000, random), cutAfter: 4_000_000 }),
    alters: true,
  },
  {
    name: "take altered bytes along",
    rounds: 30,
    faultOf: (random) => ({ alterSentAt: upTo(500_000, random), cutAfter: 2_000_000 }),
    alters: true,
  },
  {
    name: "are slow and cut off",
    rounds: 15,
    faultOf: (random) => ({ delayMs: 2, cutAfter: upTo(2_000_000, random) }),
  },
];

for (const { name, rounds, faultOf, alters } of kinds) {
  Deno.test(`RedisStore loses nothing and gives nothing wrong while its connections ${name}`, () =>
    throughProxy(faultOf, async (through, faults) => {
      const all = await packAll(through.world);
      const { done, puts, reads, failures } = await work(through, all, rounds);
      const { broken, altered } = through.proxy;
      console.log({ puts, reads, failures, broken, altered });
      assert.ok((alters ? altered : broken) > 5, "too few faults: this proved nothing");
      assert.ok(reads > 0 && puts > 0, "nothing succeeded: this proved nothing");
      await expectNothingWrong(through, all, done);
      faults.on = false;
      through.proxy.dropAll();
      for (const { key, artifact } of all) {
        await through.store.put(key, artifact);
        assert.equal(await through.store.verify(key, artifact.digest), true);
      }
    }));
}

/** Where in its first request a connection is spoilt that sends a chunk: the command, the script, the name, the bytes. */
const placesInRequest = Array.from({ length: 150 }, (_, index) => index * 3);

Deno.test("RedisStore publishes no altered chunk whose second sending was altered elsewhere", () =>
  inRedisWorld(async (world) => {
    const faults: ConnectionFault[] = [];
    await using proxy = new FaultyTcpProxy(world.server.port, () => faults.shift() ?? {});
    const store = await world.open({ redisUrl: `redis://127.0.0.1:${proxy.port}` });
    let puts = 0;
    for (const [seed, alterSentAt] of placesInRequest.entries()) {
      const { key, artifact } = await world.pack(seed, 9_000);
      // The first one lies in the bytes: in front of them are two short commands.
      faults.push({ alterSentAt: 5_000 }, { alterSentAt });
      proxy.dropAll();
      const isPut = await store.put(key, artifact).then(
        () => true,
        (error) => !isStorageError(error),
      );
      faults.length = 0;
      if (!await world.store.stat(key)) continue;
      assert.equal(await world.store.verify(key, artifact.digest), true, `byte ${alterSentAt}`);
      if (isPut) puts++;
    }
    assert.ok(puts > 20, `${puts} puts succeeded`);
    assert.ok(proxy.altered > placesInRequest.length, "too few faults: this proved nothing");
    await store.close();
  }));

Deno.test("RedisStore never takes an artifact for absent whose name was altered on its way", () =>
  inRedisWorld(async (world) => {
    const faults: ConnectionFault[] = [];
    await using proxy = new FaultyTcpProxy(world.server.port, () => faults.shift() ?? {});
    const store = await world.open({ redisUrl: `redis://127.0.0.1:${proxy.port}` });
    const { key, artifact } = await world.pack(1);
    await store.put(key, artifact);
    let found = 0;
    for (const alterSentAt of placesInRequest) {
      faults.splice(0, Infinity, { alterSentAt });
      proxy.dropAll();
      const info = await store.stat(key).catch((error) => isStorageError(error) && "failed");
      assert.ok(info, `byte ${alterSentAt}`);
      if (info !== "failed") found++;
    }
    assert.ok(found > 50, `found ${found} times`);
    assert.ok(proxy.altered > 50, "too few faults: this proved nothing");
    await store.close();
  }));

Deno.test("RedisStore reports a server that has gone silent within seconds, and goes on by itself", () =>
  throughProxy(() => ({ delayMs: 60_000 }), async ({ world, store, proxy }, faults) => {
    const { key, artifact } = await world.pack(1);
    const start = Date.now();
    const calls = [store.put(key, artifact), store.stat(key), store.delete(key)];
    for (const each of await Promise.allSettled(calls)) {
      assert.equal(each.status, "rejected");
      assert.match(String(each.reason), /StepError: .* in Redis: it does not answer in time$/);
    }
    assert.ok(Date.now() - start < 12_000, `${Date.now() - start} ms`);
    faults.on = false;
    await store.put(key, artifact);
    proxy.dropAll();
    assert.equal(await store.verify(key, artifact.digest), true);
  }));
