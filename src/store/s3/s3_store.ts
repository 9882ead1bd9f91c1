import {
  DeleteObjectCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  type ListObjectsV2CommandOutput,
  PutObjectCommand,
  type PutObjectCommandInput,
  type S3Client,
} from "@aws-sdk/client-s3";
import { createHash } from "node:crypto";
import type { Readable } from "node:stream";
import { parseArtifactKey } from "../../core/artifact_key.ts";
import type { Clock } from "../../core/clock.ts";
import { digestOf } from "../../core/revision.ts";
import type {
  ArtifactFile,
  ArtifactStore,
  ByteRange,
  StoredArtifact,
  StoredInfo,
} from "../artifact_store.ts";
import { KeyQueue } from "./key_queue.ts";
import { checkMarkName } from "../mark_name.ts";
import { s3Artifact } from "./s3_artifact.ts";
import type { S3Deletions } from "./s3_deletions.ts";
import { isS3Answer, isUnsupported } from "./s3_failure.ts";
import { abortOldUploads } from "./s3_leftovers.ts";
import type { S3Links } from "./s3_links.ts";
import type { S3Session } from "./s3_session.ts";
import { readStamp, type S3Uploader } from "./s3_upload.ts";
import { asStorageError, storageError } from "../storage_error.ts";

/** What an {@linkcode S3Store} is made of. */
export interface S3StoreOptions {
  readonly session: S3Session;
  readonly uploader: S3Uploader;
  readonly deletions: S3Deletions;
  readonly links: S3Links;
  readonly clock: Clock;
  /** Keys a page; a service may give fewer. */
  readonly pageSize?: number;
  /** Whether it removes what killed processes left. @default true */
  readonly removesLeftovers?: boolean;
}

/** S3 tells whole seconds, rounded or cut off. */
const secondMs = 1_000;
/** Of each request of a deletion, retries included; milliseconds. */
const deletionStepMs = 20_000;
const leftoversMs = 3_600_000;
/** How long puts may go on when the store is closed; milliseconds. */
const closingMs = 10_000;
/** Bytes; no mark is so long, but the object of somebody else may be. */
const maxMarkBytes = 4_096;
const maxPuts = 5;

/**
 * Artifacts as objects `{prefix}{key}` of a bucket that any number of processes share; the time of the last put is the
 * later one of `LastModified` and of what the writer's clock said, which stands in the metadata, but in a list it is
 * `LastModified` alone.
 *
 * A put always uploads, also what is there already: only whoever reads all of it knows whether its bytes are still
 * right, which costs as much, and a copy of an object onto itself leaves `LastModified` as it was on some services.
 * `delete` with a condition announces itself (`S3Deletions`), because S3 has no such delete. Two gaps remain: a
 * delete that the network holds back for minutes after this side gave it up, and one by a version without notices.
 */
export class S3Store implements ArtifactStore {
  readonly links: S3Links;
  readonly #options: S3StoreOptions;
  readonly #session: S3Session;
  readonly #queue = new KeyQueue();
  #cancelRemoval = () => {};
  #isClosed = false;

  /** Sends nothing. */
  constructor(options: S3StoreOptions) {
    this.#options = options;
    this.#session = options.session;
    this.links = options.links;
    if (options.removesLeftovers ?? true) this.#scheduleRemoval(0);
  }

  async put(key: string, artifact: ArtifactFile): Promise<void> {
    if (!parseArtifactKey(key)) throw new TypeError(`Cannot store "${key}": not an artifact key`);
    const attempt = {
      action: `Cannot store "${key}"`,
      permission: "s3:PutObject, s3:GetObject, s3:ListBucket and s3:AbortMultipartUpload",
    };
    try {
      await this.#queue.run(
        key,
        () => this.#session.attempt(attempt, (client) => this.#putToStay(client, key, artifact)),
      );
    } catch (error) {
      throw asStorageError(attempt.action, error);
    }
  }

  open(key: string): Promise<StoredArtifact | undefined> {
    if (!parseArtifactKey(key)) return Promise.resolve(undefined);
    const attempt = reading(key);
    return this.#session.attempt(attempt, async (client) => {
      const found = await this.#session.unlessAbsent(
        client.send(new GetObjectCommand(this.#session.objectName(key))),
      );
      if (!found) return undefined;
      const { ContentLength, ETag, Body, Metadata } = found;
      const body = Body as Readable | undefined;
      if (ContentLength === undefined || !body) {
        body?.destroy();
        throw storageError(`${attempt.action}: the service did not say how long it is`);
      }
      return s3Artifact({
        size: ContentLength,
        digest: readStamp(Metadata).digest,
        body,
        reopen: (range) => this.#reopen(key, range, ETag),
        failure: (error) => this.#session.failure(error, attempt),
      });
    });
  }

  stat(key: string): Promise<StoredInfo | undefined> {
    if (!parseArtifactKey(key)) return Promise.resolve(undefined);
    return this.#session.attempt(reading(key), (client) => this.#look(client, key));
  }

  async delete(key: string, condition?: { readonly putBefore: number }): Promise<boolean> {
    if (!parseArtifactKey(key)) return true;
    const attempt = {
      action: `Cannot delete "${key}"`,
      permission: "s3:DeleteObject, s3:GetObject, s3:PutObject and s3:ListBucket",
    };
    return await this.#queue.run(key, () =>
      this.#session.attempt(attempt, (client) => {
        if (!condition) return this.#remove(client, key);
        return this.#options.deletions.announced(client, key, async () => {
          const info = await this.#look(client, key, AbortSignal.timeout(deletionStepMs));
          if (!info) return true;
          // Within its second nobody knows when it was put.
          if (info.lastPut + secondMs > condition.putBefore) return false;
          return await this.#remove(client, key, AbortSignal.timeout(deletionStepMs));
        });
      }));
  }

  async *list(prefix: string): AsyncGenerator<StoredInfo> {
    const Prefix = listedPrefix(prefix);
    if (Prefix === undefined) return;
    let last = "";
    let token: string | undefined;
    do {
      const page = await this.#page(Prefix, token);
      for (const info of this.#infosOf(page)) {
        if (info.key <= last) {
          throw storageError(
            `Cannot list "${prefix}": the service does not keep the order of keys`,
          );
        }
        last = info.key;
        if (info.key.startsWith(prefix)) yield info;
      }
      token = page.IsTruncated ? page.NextContinuationToken : undefined;
    } while (token !== undefined);
  }

  /** What was altered on its way is right the second time; a good object must not be deleted for it. */
  async verify(key: string, digest: string): Promise<boolean> {
    return await this.#hasDigest(key, digest) || await this.#hasDigest(key, digest);
  }

  async #hasDigest(key: string, digest: string): Promise<boolean> {
    const artifact = await this.open(key);
    if (!artifact) return false;
    const hash = createHash("sha256");
    for await (const piece of artifact.stream()) hash.update(piece);
    return digestOf(hash.digest("hex")) === digest;
  }

  async readMark(name: string): Promise<string | undefined> {
    const object = this.#session.objectName(checkMarkName(name));
    const attempt = { action: `Cannot read mark "${name}"`, permission: readingPermission };
    return await this.#session.attempt(attempt, async (client) => {
      const found = await this.#session.unlessAbsent(client.send(new GetObjectCommand(object)));
      if (!found) return undefined;
      try {
        return await textOf(found.Body as Readable);
      } catch (error) {
        throw this.#session.failure(error, attempt);
      }
    });
  }

  async writeMark(
    name: string,
    text: string,
    { replace }: { readonly replace: boolean },
  ): Promise<void> {
    const object = this.#session.objectName(checkMarkName(name));
    if (!replace && await this.readMark(name) !== undefined) return;
    const attempt = { action: `Cannot write mark "${name}"`, permission: "s3:PutObject" };
    await this.#session.attempt(attempt, async (client) => {
      const put = { ...object, Body: new TextEncoder().encode(text) };
      if (replace) await client.send(new PutObjectCommand(put));
      else await putIfAbsent(client, put);
    });
  }

  /** Lets puts and deletes end, if the service lets them; cuts downloads. */
  async close(): Promise<void> {
    this.#isClosed = true;
    this.#cancelRemoval();
    const { promise: tooLate, resolve } = Promise.withResolvers<void>();
    const cancel = this.#options.clock.schedule(resolve, closingMs);
    await Promise.race([this.#queue.idle(), tooLate]);
    cancel();
    this.#session.close();
  }

  /** Uploads until it is sure that no deletion which looked before has removed it. */
  async #putToStay(client: S3Client, key: string, artifact: ArtifactFile): Promise<void> {
    const { uploader, deletions, clock } = this.#options;
    const object = this.#session.objectName(key);
    for (let puts = 0; puts < maxPuts; puts++) {
      await uploader.upload(client, { object, artifact, now: clock.now() });
      if (!await deletions.ended(client, key, clock.now())) break;
      if (await this.#look(client, key)) return;
    }
    throw storageError(`Cannot store "${key}": another replica is deleting it`);
  }

  async #look(
    client: S3Client,
    key: string,
    signal?: AbortSignal,
  ): Promise<StoredInfo | undefined> {
    const command = new HeadObjectCommand(this.#session.objectName(key));
    const found = await this.#session.unlessAbsent(client.send(command, sending(signal)));
    if (!found) return undefined;
    const { putAt } = readStamp(found.Metadata);
    const lastPut = Math.max(putAt, found.LastModified?.getTime() ?? 0);
    return { key, size: found.ContentLength ?? 0, lastPut };
  }

  async #remove(client: S3Client, key: string, signal?: AbortSignal): Promise<true> {
    const command = new DeleteObjectCommand(this.#session.objectName(key));
    await client.send(command, sending(signal));
    return true;
  }

  #reopen(key: string, { start, end }: ByteRange, ETag: string | undefined): Promise<Readable> {
    return this.#session.attempt(reading(key), async (client) => {
      const found = await client.send(
        new GetObjectCommand({
          ...this.#session.objectName(key),
          Range: `bytes=${start}-${end - 1}`,
          ...(ETag === undefined ? {} : { IfMatch: ETag }),
        }),
      );
      const body = found.Body as Readable;
      if (found.ContentLength === end - start && found.ETag === ETag) return body;
      body.destroy();
      throw storageError(`Cannot read "${key}": the service did not give the range asked for`);
    });
  }

  #page(prefix: string, token: string | undefined): Promise<ListObjectsV2CommandOutput> {
    const attempt = { action: `Cannot list "${prefix}"`, permission: "s3:ListBucket" };
    const { Bucket, Key: Prefix } = this.#session.objectName(prefix);
    return this.#session.attempt(attempt, (client) =>
      client.send(
        new ListObjectsV2Command({
          Bucket,
          Prefix,
          MaxKeys: this.#options.pageSize ?? 1_000,
          ...(token === undefined ? {} : { ContinuationToken: token }),
        }),
      ));
  }

  #infosOf({ Contents = [] }: ListObjectsV2CommandOutput): StoredInfo[] {
    return Contents.flatMap(({ Key = "", Size = 0, LastModified }) => {
      const key = Key.slice(this.#session.place.prefix.length);
      if (!parseArtifactKey(key)) return [];
      return [{ key, size: Size, lastPut: LastModified?.getTime() ?? 0 }];
    });
  }

  #scheduleRemoval(delayMs: number): void {
    this.#cancelRemoval = this.#options.clock.schedule(() => {
      // What could not be removed now is tried again in an hour.
      void this.#queue.run("leftovers", () => this.removeLeftovers().catch(() => {}))
        .finally(() => this.#isClosed || this.#scheduleRemoval(leftoversMs));
    }, delayMs);
  }

  /** Removes what killed processes left, as happens at start and then hourly. */
  async removeLeftovers(): Promise<void> {
    const { deletions, clock } = this.#options;
    const attempt = {
      action: "Cannot remove leftovers from the bucket",
      permission: "s3:ListBucketMultipartUploads, s3:AbortMultipartUpload and s3:DeleteObject",
    };
    await this.#session.attempt(attempt, async (client) => {
      await abortOldUploads(client, { place: this.#session.place, now: clock.now() });
      await deletions.removeOld(client, clock.now());
    });
  }
}

/** Without the second a missing key looks like a forbidden one. */
const readingPermission = "s3:GetObject and s3:ListBucket";

function reading(key: string) {
  return { action: `Cannot read "${key}"`, permission: readingPermission };
}

function sending(signal: AbortSignal | undefined) {
  return signal ? { abortSignal: signal } : {};
}

/** What to ask the service for; undefined if no key can begin so. */
function listedPrefix(prefix: string): string | undefined {
  const top = "artifacts/";
  if (top.startsWith(prefix)) return top;
  return /^artifacts(\/[a-z0-9][-a-z0-9.]*){0,3}\/?$/.test(prefix) ? prefix : undefined;
}

/** Where a service knows no conditions, the last one of several writers wins. */
async function putIfAbsent(client: S3Client, put: PutObjectCommandInput): Promise<void> {
  for (let tries = 1;; tries++) {
    try {
      await client.send(new PutObjectCommand({ ...put, IfNoneMatch: "*" }));
      return;
    } catch (error) {
      if (isS3Answer(error, 412)) return;
      // 409: another writer is not done yet, and may fail.
      if (isS3Answer(error, 409) && tries < maxPuts) continue;
      if (!isUnsupported(error)) throw error;
      await client.send(new PutObjectCommand(put));
      return;
    }
  }
}

async function textOf(body: Readable): Promise<string> {
  const pieces: Uint8Array[] = [];
  let size = 0;
  for await (const piece of body as AsyncIterable<Uint8Array>) {
    pieces.push(piece);
    size += piece.length;
    if (size >= maxMarkBytes) break;
  }
  const text = new Uint8Array(await new Blob(pieces as Uint8Array<ArrayBuffer>[]).arrayBuffer());
  return new TextDecoder().decode(text.subarray(0, maxMarkBytes));
}
