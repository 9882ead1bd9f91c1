import { Buffer } from "node:buffer";
import { createHash } from "node:crypto";
import { parseArtifactKey } from "../../core/artifact_key.ts";
import type { Clock } from "../../core/clock.ts";
import { digestOf } from "../../core/revision.ts";
import type { ArtifactFile, ArtifactStore, StoredArtifact, StoredInfo } from "../artifact_store.ts";
import { checkMarkName } from "../mark_name.ts";
import { RedisArtifact } from "./redis_artifact.ts";
import type { RedisArgument, RedisClient } from "./redis_client.ts";
import { mastersOf } from "./redis_client.ts";
import type { RedisConnection } from "./redis_connection.ts";
import { chunkRange, countChunks, RedisNames } from "./redis_layout.ts";
import { readEvictionPolicy, refuseEviction } from "./redis_policy.ts";
import { parseRecord, recordFields, recordValues, type RedisRecord } from "./redis_record.ts";
import * as scripts from "./redis_scripts.ts";
import { uploadChunks } from "./redis_upload.ts";
import { asStorageError, DamagedArtifact, storageError } from "../storage_error.ts";

/** What a {@linkcode RedisStore} needs. */
export interface RedisStoreParts {
  readonly connection: RedisConnection;
  readonly clock: Clock;
  /** A name that no other upload ever has. */
  readonly newUpload: () => string;
  readonly names: RedisNames;
  readonly maxArtifactBytes: number;
  /** How many replicas must have an artifact before it counts as put. */
  readonly waitReplicas: number;
}

/**
 * How long chunks stay that are not published: those of an upload under way, and those of an artifact that was deleted or
 * put again, which somebody may still be downloading.
 */
const unpublishedSeconds = 15 * 60;
/** A put must publish what it announced within half of this; seconds. */
const announcedSeconds = 120;
/** How long the servers' answer about eviction holds. */
const policyMs = 60_000;
/** No mark is so long, but what somebody else keeps there may be. */
const maxMarkBytes = 4_096;
const pageKeys = 500;
/** How often something is read or written that is damaged on its way. */
const maxReads = 3;
const replicaTimeoutMs = 2_000;

/**
 * Artifacts in Redis or Valkey, in chunks. Every replica of the controller sees the same. A put uploads its chunks under
 * a name of its own, with an expiry that removes what a killed one leaves; then one script, which is atomic, makes the
 * artifact point to them and removes their expiry. The index of the keys may lie on another node: a key is entered before
 * it is published, and only a listing removes it, long after. What a server has lost looks absent.
 */
export class RedisStore implements ArtifactStore {
  readonly #parts: RedisStoreParts;
  readonly #connection: RedisConnection;
  readonly #names: RedisNames;
  /** The last client whose servers do not evict, and when they said so. */
  #trusted: { readonly client: RedisClient; readonly at: number } | undefined;

  constructor(parts: RedisStoreParts) {
    this.#parts = parts;
    this.#connection = parts.connection;
    this.#names = parts.names;
  }

  async put(key: string, artifact: ArtifactFile): Promise<void> {
    if (!parseArtifactKey(key)) throw new TypeError(`Cannot store "${key}": not an artifact key`);
    const { maxArtifactBytes } = this.#parts;
    if (artifact.size > maxArtifactBytes) {
      throw storageError(
        `Cannot store "${key}" in Redis: it has ${artifact.size} bytes, more than the ${maxArtifactBytes} of REDIS_MAX_ARTIFACT_SIZE; raise it or use another store`,
      );
    }
    const action = `Cannot store "${key}"`;
    await this.#refuseEviction(action);
    if (await this.#refresh(key, artifact)) return;
    try {
      await this.#publish(key, artifact);
    } catch (error) {
      throw asStorageError(action, error);
    }
  }

  async open(key: string): Promise<StoredArtifact | undefined> {
    const record = await this.#wholeRecord(key);
    return record && new RedisArtifact(record, (index) => this.#readChunk(key, record, index));
  }

  async stat(key: string): Promise<StoredInfo | undefined> {
    const record = await this.#record(key, `Cannot read "${key}"`);
    // To whoever asks whether it is there, it is not: only another put mends it.
    if (record === undefined || record === "damaged") return undefined;
    return { key, size: record.size, lastPut: record.lastPut };
  }

  async delete(key: string, condition?: { readonly putBefore: number }): Promise<boolean> {
    if (!parseArtifactKey(key)) return true;
    const more = condition ? [condition.putBefore] : [];
    const given = [unpublishedSeconds, ...more];
    return await this.#script(`Cannot delete "${key}"`, scripts.remove, {
      keys: [this.#names.artifact(key)],
      given,
    }) === 1;
  }

  async *list(prefix: string): AsyncGenerator<StoredInfo> {
    const end = Buffer.concat([Buffer.from(`(${prefix}`), Buffer.of(0xff)]);
    for (let start = prefix === "" ? "-" : `[${prefix}`;;) {
      const page = await this.#script(`Cannot list "${prefix}"`, scripts.readPage, {
        keys: [this.#names.index],
        given: [start, prefix === "" ? "+" : end, pageKeys],
      }) as readonly [string, readonly string[]];
      yield* this.#describe(page);
      const last = page[1].at(-1);
      if (last === undefined) return;
      start = `(${last}`;
    }
  }

  async verify(key: string, digest: string): Promise<boolean> {
    const action = `Cannot read "${key}"`;
    const record = await this.#record(key, action);
    if (!isWhole(record) || await this.#readDigest(key, record) !== digest) return false;
    // A server that lost its latest writes may have lost the entry alone: the index may lie on another node. One that
    // takes no writes now is told by the next look.
    await this.#announce(key, action).catch(() => {});
    return true;
  }

  async readMark(name: string): Promise<string | undefined> {
    const mark = this.#names.mark(checkMarkName(name));
    const text = await this.#connection.run(`Cannot read mark "${name}"`, async (client) => {
      const found = await client.call("getrange", mark, 0, maxMarkBytes - 1);
      return found !== "" || await client.call("exists", mark) === 1 ? found : undefined;
    });
    return text as string | undefined;
  }

  async writeMark(
    name: string,
    text: string,
    { replace }: { readonly replace: boolean },
  ): Promise<void> {
    const mark = this.#names.mark(checkMarkName(name));
    const action = `Cannot write mark "${name}"`;
    await this.#refuseEviction(action);
    await this.#write(action, ["set", mark, text, ...(replace ? [] : ["NX"])]);
  }

  close(): Promise<void> {
    return this.#connection.close();
  }

  /** Whether the key already holds these bytes; what is missing or damaged counts as none, and the put replaces it. */
  async #refresh(key: string, artifact: ArtifactFile): Promise<boolean> {
    const action = `Cannot store "${key}"`;
    const record = await this.#record(key, action);
    if (!isWhole(record)) return false;
    if (record.size !== artifact.size || record.digest !== artifact.digest) return false;
    if (await this.#readDigest(key, record) !== artifact.digest) return false;
    await this.#announce(key, action);
    const given = [record.upload, this.#parts.clock.now()];
    const command = evalCommand(scripts.touch, { keys: [this.#names.artifact(key)], given });
    return await this.#write(action, command) === 1;
  }

  async #publish(key: string, artifact: ArtifactFile): Promise<void> {
    const action = `Cannot store "${key}"`;
    const upload = this.#parts.newUpload();
    const sums = await uploadChunks(artifact, async (index, bytes) => {
      const chunk = this.#names.chunk(key, upload, index);
      return await this.#writeChunk(action, chunk, bytes);
    });
    const { size, digest } = artifact;
    const lastPut = this.#parts.clock.now();
    const values = recordValues({ size, digest, lastPut, upload, sums });
    const given = [unpublishedSeconds, ...recordFields.flatMap((name, at) => [name, values[at]!])];
    await this.#announce(key, action);
    const command = evalCommand(scripts.publish, { keys: [this.#names.artifact(key)], given });
    if (await this.#write(action, command) === 1) return;
    throw storageError(
      `${action} in Redis: it lost a part before all was there; look whether its memory suffices`,
    );
  }

  /** Again if the server received other bytes than were sent, or keeps them elsewhere. */
  async #writeChunk(action: string, chunk: string, bytes: Buffer): Promise<string> {
    const sum = sumOf(bytes);
    for (let tries = 1; tries <= maxReads; tries++) {
      const given = { keys: [chunk], given: [bytes, unpublishedSeconds] };
      if (await this.#script(action, scripts.storeChunk, given) === chunk + sum) return sum;
      this.#connection.renew();
    }
    throw storageError(`${action} in Redis: what is sent is altered on its way`);
  }

  async #readChunk(key: string, record: RedisRecord, index: number): Promise<Uint8Array> {
    const bytes = await this.#findChunk(key, record, index);
    if (bytes) return bytes;
    throw new DamagedArtifact(
      `Cannot read "${key}" in Redis: part ${
        index + 1
      } of ${record.sums.length} is missing or damaged`,
    );
  }

  /** Undefined if it is missing or damaged. Reads again if other bytes arrive than were stored. */
  async #findChunk(
    key: string,
    record: RedisRecord,
    index: number,
  ): Promise<Uint8Array | undefined> {
    const name = this.#names.chunk(key, record.upload, index);
    const { start, end } = chunkRange(index, record.size);
    for (let tries = 1; tries <= maxReads; tries++) {
      const bytes = await this.#connection.run(
        `Cannot read "${key}"`,
        (client) => client.callBuffer("get", name),
      ) as Buffer | null;
      if (bytes?.length === end - start && sumOf(bytes) === record.sums[index]) return bytes;
      if (bytes !== null) this.#connection.renew();
    }
    return undefined;
  }

  /** `sha256:` of the bytes that are there; undefined if some are not. */
  async #readDigest(key: string, record: RedisRecord): Promise<string | undefined> {
    const hash = createHash("sha256");
    for (let index = 0; index < countChunks(record.size); index++) {
      const bytes = await this.#findChunk(key, record, index);
      if (!bytes) return undefined;
      hash.update(bytes);
    }
    return digestOf(hash.digest("hex"));
  }

  /** Once more if it is damaged: it may be so on the way only. */
  async #record(key: string, action: string): Promise<RedisRecord | "damaged" | undefined> {
    if (!parseArtifactKey(key)) return undefined;
    const name = this.#names.artifact(key);
    for (let tries = 1;; tries++) {
      const [asked, values] = await this.#script(action, scripts.readRecord, {
        keys: [name],
        given: recordFields,
      }) as [string, readonly unknown[]];
      const record = asked === name ? parseRecord(values) : "damaged";
      if (record !== "damaged" || tries === maxReads) return record;
      this.#connection.renew();
    }
  }

  async #wholeRecord(key: string): Promise<RedisRecord | undefined> {
    const record = await this.#record(key, `Cannot read "${key}"`);
    if (record !== "damaged") return record;
    throw new DamagedArtifact(`Cannot read "${key}" in Redis: what is kept of it is damaged`);
  }

  /** What is stored of a page of the index. Entries without an artifact are removed from it. */
  async *#describe(
    [time, keys]: readonly [string, readonly string[]],
  ): AsyncGenerator<StoredInfo> {
    const records = await Promise.all(keys.map((key) => this.#record(key, `Cannot read "${key}"`)));
    const absent = keys.filter((_, index) => records[index] === undefined);
    if (absent.length > 0) {
      await this.#script("Cannot list", scripts.forget, {
        keys: [this.#names.index, this.#names.announced],
        given: [announcedSeconds, time, ...absent],
      }).catch(() => {}); // the next listing tries again
    }
    for (const [index, record] of records.entries()) {
      if (isWhole(record)) yield { key: keys[index]!, size: record.size, lastPut: record.lastPut };
    }
  }

  async #announce(key: string, action: string): Promise<void> {
    const keys = [this.#names.index, this.#names.announced];
    for (let tries = 1; tries <= maxReads; tries++) {
      const entered = await this.#script(action, scripts.announce, {
        keys,
        given: [key, announcedSeconds],
      });
      if (entered === this.#names.index + key) return;
      this.#connection.renew();
    }
    throw storageError(`${action} in Redis: what is sent is altered on its way`);
  }

  /** @throws {StepError} class `storage` if a server may remove what is stored */
  async #refuseEviction(action: string): Promise<void> {
    const now = this.#parts.clock.now();
    const refusal = await this.#connection.run(action, async (client) => {
      const isTrusted = this.#trusted?.client === client && now - this.#trusted.at < policyMs;
      if (isTrusted) return undefined;
      const policies = await Promise.all(mastersOf(client).map(readEvictionPolicy));
      const refusal = refuseEviction(policies);
      this.#trusted = refusal === undefined ? { client, at: now } : undefined;
      return refusal;
    });
    if (refusal !== undefined) throw storageError(`${action} in Redis: ${refusal}`);
  }

  #script(action: string, script: string, options: ScriptOptions): Promise<unknown> {
    const [command, ...rest] = evalCommand(script, options);
    return this.#connection.run(action, (client) => client.call(command, ...rest));
  }

  /** The answer to a command, once as many replicas have its effect as are wanted. */
  async #write(action: string, [command, ...rest]: Command): Promise<unknown> {
    const { waitReplicas } = this.#parts;
    const [answer, replicas] = await this.#connection.run(action, async (client) => {
      if (waitReplicas === 0) return [await client.call(command, ...rest), 0];
      // In one pipeline, which a cluster sends to one node: WAIT speaks of the writes of its own connection.
      const wait = ["wait", waitReplicas, replicaTimeoutMs];
      const replies = await client.pipeline([[command, ...rest], wait]).exec() ?? [];
      return replies.map(([error, reply]) => {
        if (error) throw error;
        return reply;
      });
    });
    if (Number(replicas) >= waitReplicas) return answer;
    throw storageError(
      `${action} in Redis: ${replicas} replicas have it in time, not the ${waitReplicas} of REDIS_WAIT_REPLICAS`,
    );
  }
}

function isWhole(record: RedisRecord | "damaged" | undefined): record is RedisRecord {
  return record !== undefined && record !== "damaged";
}

type Command = readonly [string, ...RedisArgument[]];

interface ScriptOptions {
  readonly keys: readonly string[];
  readonly given: readonly RedisArgument[];
}

function evalCommand(script: string, { keys, given }: ScriptOptions): Command {
  return ["eval", script, keys.length, ...keys, ...given];
}

function sumOf(bytes: Uint8Array): string {
  return createHash("sha1").update(bytes).digest("hex");
}
