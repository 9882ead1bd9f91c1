import { createHash } from "node:crypto";
import type { Clock } from "../../src/core/clock.ts";
import type { ArtifactFile, ArtifactStore } from "../../src/store/artifact_store.ts";
import { redis } from "../../src/store/redis.ts";
import { bytesOf, packedFile } from "../contract/store.ts";
import { type RedisServer, type RedisServerOptions, startRedis } from "../redis_server.ts";

type Values = Parameters<typeof redis.open>[0];

/** Settings of the store. */
export type RedisValues = Partial<Values>;

const defaults = Object.fromEntries(
  Object.entries(redis.settings).map(([name, setting]) => [name, setting.default]),
) as unknown as Values;

const realClock: Clock = { now: () => Date.now(), schedule: () => () => {} };

/** Opens a store with these settings and the defaults of the others. */
export function openRedis(values: RedisValues, clock: Clock = realClock): Promise<ArtifactStore> {
  return redis.open({ ...defaults, ...values }, clock);
}

/** A packed file and its key. */
export interface Packed {
  readonly key: string;
  readonly artifact: ArtifactFile;
}

/** A server of a test's own and a store over it. */
export interface RedisWorld {
  readonly server: RedisServer;
  readonly url: string;
  readonly store: ArtifactStore;
  /** Opens another store; closed after the test. */
  open(values?: RedisValues, clock?: Clock): Promise<ArtifactStore>;
  /** A packed file of this many bytes. */
  pack(seed: number, length?: number): Promise<Packed>;
  readonly directory: string;
}

/** Starts a server, runs a test and ends everything. */
export async function inRedisWorld(
  body: (world: RedisWorld) => Promise<void>,
  options: RedisServerOptions = {},
): Promise<void> {
  await using server = await startRedis(options);
  const directory = await Deno.makeTempDir();
  const url = `redis://127.0.0.1:${server.port}`;
  const stores: ArtifactStore[] = [];
  const open: RedisWorld["open"] = async (values = {}, clock) => {
    const store = await openRedis({ redisUrl: url, ...values }, clock);
    stores.push(store);
    return store;
  };
  const pack = (seed: number, length = 700_001) => packedFile(directory, bytesOf(seed, length));
  try {
    await body({ server, url, store: await open(), open, pack, directory });
  } finally {
    for (const store of stores) await store.close();
    await Deno.remove(directory, { recursive: true });
  }
}

/** What came of reading a key to its end. */
export type ReadOutcome = { readonly digest: string; readonly size: number } | "absent" | Error;

/** Reads a key with `stream()`, or with `read()` in pieces of 64 KiB, and hashes what comes. */
export async function readOutcome(
  store: ArtifactStore,
  key: string,
  way: "stream" | "read" = "stream",
): Promise<ReadOutcome> {
  const hash = createHash("sha256");
  let size = 0;
  try {
    const artifact = await store.open(key);
    if (!artifact) return "absent";
    const take = (piece: Uint8Array) => {
      hash.update(piece);
      size += piece.length;
    };
    if (way === "stream") { for await (const piece of artifact.stream()) take(piece); }
    else {
      const into = new Uint8Array(65_536);
      for (let count = 1; count > 0;) {
        count = await artifact.read!(into, size);
        take(into.subarray(0, count));
      }
    }
    artifact.close();
  } catch (error) {
    return error as Error;
  }
  return { digest: `sha256:${hash.digest("hex")}`, size };
}

/** The keys of the server that have no time to live. */
export async function keysToStay(server: RedisServer): Promise<string[]> {
  const script = `
local stay = {}
for _, key in ipairs(redis.call('KEYS', '*')) do
  if redis.call('TTL', key) == -1 then stay[#stay + 1] = key end
end
return stay`;
  const out = await server.cli("eval", script, "0");
  return out.split("\n").filter((line) => line !== "").sort();
}
