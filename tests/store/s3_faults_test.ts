import { strict as assert } from "node:assert";
import { StepError } from "../../src/core/step_error.ts";
import { createS3Store } from "../../src/store/s3/create_s3_store.ts";
import type { S3Store } from "../../src/store/s3/s3_store.ts";
import { bytesOf, type PackedFile, packedFile, readKey } from "../contract/store_fixtures.ts";
import { type S3Fault, S3Proxy } from "../proxy/s3_proxy.ts";
import { S3Server } from "../s3_server.ts";
import { seededRandom } from "../seeded_random.ts";
import { s3Values } from "./s3_values.ts";

const bucket = "artifacts";
const rounds = Number(Deno.env.get("S3_FAULT_ROUNDS") ?? 40);

interface World {
  readonly proxy: S3Proxy;
  readonly store: S3Store;
  readonly directory: string;
}

async function withFaultyService(body: (world: World) => Promise<void>): Promise<void> {
  await using server = await S3Server.start();
  await server.makeBucket(bucket);
  await using proxy = new S3Proxy(server.url);
  const directory = await Deno.makeTempDir();
  const store = createS3Store({
    values: s3Values({ s3Endpoint: proxy.url, s3Bucket: bucket }),
    clock: { now: () => Date.now(), schedule: () => () => {} },
    ca: undefined,
    instance: "one",
    pageSize: 3,
    timeOuts: { connectMs: 1_000, idleMs: 1_000 },
  });
  try {
    await body({ proxy, store, directory });
  } finally {
    await store.close();
    await Deno.remove(directory, { recursive: true });
  }
}

/** The result, or undefined if the store said that it failed. */
async function tried<Result>(attempt: Promise<Result>): Promise<Result | undefined> {
  try {
    return await attempt;
  } catch (error) {
    if (error instanceof StepError && error.class === "storage") return undefined;
    throw error;
  }
}

type Random = () => number;

function faultOf(random: Random, flips: readonly ("flip-answer" | "flip-request")[]): S3Fault {
  const after = Math.floor(random() ** 3 * 200_000);
  const faults: S3Fault[] = [
    { kind: "refuse" },
    { kind: "reset", after },
    { kind: "stall", after },
    { kind: "delay", ms: 20 },
    { kind: "answer", status: 503, code: "SlowDown" },
    { kind: "answer", status: 500, code: "InternalError" },
    { kind: "answer", status: 403, code: "ExpiredToken" },
    { kind: "answer", status: 404, code: "NoSuchBucket" },
    ...flips.map((kind) => ({ kind, at: Math.floor(random() * 400) })),
  ];
  return faults[Math.floor(random() * faults.length)]!;
}

/** One to five in a row: some are outlasted by the retries, some are not. */
function faultsOf(random: Random, ...flips: ("flip-answer" | "flip-request")[]): S3Fault[] {
  const fault = faultOf(random, flips);
  return Array.from({ length: 1 + Math.floor(random() * 5) }, () => fault);
}

/** What may lie under a key: the bytes, nothing, or either after a failure. */
type Known = "there" | "absent" | "either";

class FaultRounds {
  readonly #world: World;
  readonly #random: Random;
  readonly #known = new Map<PackedFile, Known>();
  readonly failed = new Set<string>();

  constructor(world: World, random: Random) {
    this.#world = world;
    this.#random = random;
  }

  async pack(): Promise<void> {
    for (let seed = 0; seed < 6; seed++) {
      const length = seed === 5 ? 6_000_000 : 10 + seed * 40_000;
      this.#known.set(await packedFile(this.#world.directory, bytesOf(seed, length)), "absent");
    }
  }

  async run(): Promise<void> {
    const packed = [...this.#known.keys()];
    const one = packed[Math.floor(this.#random() * packed.length)]!;
    const acts = [
      this.#put,
      this.#put,
      this.#read,
      this.#read,
      this.#look,
      this.#delete,
      this.#list,
    ];
    const act = acts[Math.floor(this.#random() * acts.length)]!;
    await act.call(this, one);
    this.#world.proxy.fail();
    await this.#check(one);
  }

  /** Without faults: what was known to be there is there, and everything can be put. */
  async #check(one: PackedFile): Promise<void> {
    const { store } = this.#world;
    const isThere = await store.verify(one.key, one.artifact.digest);
    const known = this.#known.get(one);
    if (known !== "either") assert.equal(isThere, known === "there", one.key);
    if (!isThere) assert.equal(await store.open(one.key), undefined, "whole or not at all");
    this.#known.set(one, isThere ? "there" : "absent");
  }

  async #put(one: PackedFile): Promise<void> {
    this.#fail("put", "flip-request");
    const isPut = await tried(this.#world.store.put(one.key, one.artifact).then(() => true));
    if (isPut) this.#known.set(one, "there");
    else if (this.#known.get(one) === "absent") this.#known.set(one, "either");
    this.#note("put", isPut);
  }

  async #read(one: PackedFile): Promise<void> {
    const faults = this.#fail("read", "flip-answer");
    const bytes = await tried(readKey(this.#world.store, one.key).then((read) => ({ read })));
    this.#note("read", bytes);
    if (!bytes) return;
    if (this.#known.get(one) === "absent") return assert.equal(bytes.read, undefined);
    assert.equal(bytes.read?.length, one.artifact.size, "all of it, or an error");
    if (faults[0]!.kind === "flip-answer") return;
    const packed = await Deno.readFile(one.artifact.file);
    assert.ok(packed.every((byte, index) => byte === bytes.read![index]), "the right bytes");
  }

  async #look(one: PackedFile): Promise<void> {
    const { store } = this.#world;
    const faults = this.#fail("look", "flip-answer");
    const isRight = await tried(store.verify(one.key, one.artifact.digest));
    this.#note("look", isRight);
    if (isRight === undefined) return;
    const isThere = this.#known.get(one) === "there";
    if (faults[0]!.kind !== "flip-answer" || isRight) assert.equal(isRight, isThere);
    const info = await tried(store.stat(one.key).then((found) => ({ found })));
    if (info) assert.equal(info.found?.size, isThere ? one.artifact.size : undefined);
  }

  async #delete(one: PackedFile): Promise<void> {
    this.#fail("delete");
    const condition = { putBefore: Date.now() + 60_000 };
    const isGone = await tried(this.#world.store.delete(one.key, condition));
    if (isGone) this.#known.set(one, "absent");
    else if (this.#known.get(one) === "there") this.#known.set(one, "either");
    this.#note("delete", isGone);
  }

  async #list(): Promise<void> {
    this.#fail("list");
    const keys = await tried(Array.fromAsync(this.#world.store.list(""), ({ key }) => key));
    this.#note("list", keys);
    const there = [...this.#known].filter(([, known]) => known === "there");
    if (keys) assert.deepEqual(keys, there.map(([{ key }]) => key).sort());
  }

  #fail(_act: string, ...flips: ("flip-answer" | "flip-request")[]): S3Fault[] {
    const faults = faultsOf(this.#random, ...flips);
    this.#world.proxy.fail(...faults);
    return faults;
  }

  #note(act: string, result: unknown): void {
    if (result === undefined) this.failed.add(act);
  }
}

Deno.test("S3Store loses nothing and shows nothing wrong or short as complete, whatever the service does", async () => {
  const seed = Number(Deno.env.get("S3_FAULT_SEED") ?? Date.now() % 1_000_000);
  console.log(`S3_FAULT_SEED=${seed}`);
  await withFaultyService(async (world) => {
    const tries = new FaultRounds(world, seededRandom(seed));
    await tries.pack();
    for (let round = 0; round < rounds; round++) await tries.run();
    assert.ok(tries.failed.size > 1, "no fault reached the caller: this proved nothing");
  });
});

Deno.test("S3Store outlasts one failure of each kind that another try mends", async () => {
  await withFaultyService(async ({ proxy, store, directory }) => {
    const { key, artifact } = await packedFile(directory, bytesOf(1, 150_000));
    const faults: S3Fault[] = [
      { kind: "refuse" },
      { kind: "reset", after: 10 },
      { kind: "reset", after: 60_000 },
      { kind: "stall", after: 10 },
      { kind: "stall", after: 60_000 },
      { kind: "answer", status: 503, code: "SlowDown" },
      { kind: "answer", status: 500, code: "InternalError" },
    ];
    for (const fault of faults) {
      proxy.fail(fault);
      await store.put(key, artifact);
      proxy.fail(fault);
      assert.deepEqual(await readKey(store, key), bytesOf(1, 150_000), JSON.stringify(fault));
      // 500 bytes of the answer are its head and a part of its body.
      proxy.fail("after" in fault ? { ...fault, after: 500 } : fault);
      assert.equal((await Array.fromAsync(store.list(""))).length, 1, JSON.stringify(fault));
    }
  });
});

Deno.test("S3Store says what is the matter with the service, and tells wrong bytes", async () => {
  await withFaultyService(async ({ proxy, store, directory }) => {
    const { key, artifact } = await packedFile(directory, bytesOf(1));
    await store.put(key, artifact);
    const always = (fault: S3Fault) => proxy.fail(...Array.from({ length: 9 }, () => fault));
    const rows: [S3Fault, RegExp][] = [
      [{ kind: "answer", status: 503, code: "SlowDown" }, /127\.0\.0\.1:\d+ asks to slow down/],
      [{ kind: "answer", status: 403, code: "ExpiredToken" }, /the credentials have expired/],
      [{ kind: "answer", status: 403, code: "AccessDenied" }, /allow s3:GetObject/],
      [{ kind: "refuse" }, /127\.0\.0\.1:\d+: connection (reset|closed)/],
      [{ kind: "stall", after: 5 }, /no answer in time/],
    ];
    for (const [fault, message] of rows) {
      always(fault);
      await assert.rejects(store.open(key), message);
    }
    const flip = { kind: "flip-answer", at: 12_345 } as const;
    proxy.fail(flip);
    assert.equal(await store.verify(key, artifact.digest), true, "altered on its way");
    proxy.fail(flip, flip);
    assert.equal(await store.verify(key, artifact.digest), false);
    proxy.fail();
    assert.equal(await store.verify(key, artifact.digest), true);
  });
});
