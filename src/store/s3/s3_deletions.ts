import {
  DeleteObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  type S3Client,
} from "@aws-sdk/client-s3";
import { createHash } from "node:crypto";
import type { S3Session } from "./s3_session.ts";

/** Beside the artifacts, in no directory: services over a file system have to make and remove those. */
const beginning = ".deleting-";
/** Whose notice is older was killed; more than what it announces may take, and than clocks may disagree. Milliseconds. */
const noticeMs = 3 * 60_000;
/** How often a put looks whether a deletion has ended; each look takes a request. */
const maxLooks = 200;

/**
 * Notices of deletions that are under way. S3 has no "delete unless it was put again", so a put that comes between the
 * look and the delete of somebody else would be lost. Therefore who deletes first writes a notice, then looks at the
 * object, deletes it, and removes the notice at last; who puts waits afterwards until the notices that are there then
 * are gone: whoever announces a deletion later sees the new object. That rests on what S3 promises since 2020 and other
 * services do too: who reads or lists after a write sees it.
 */
export class S3Deletions {
  readonly #session: S3Session;
  readonly #instance: string;
  #count = 0;

  /** @param instance the name of this store among all that share the bucket */
  constructor(session: S3Session, instance: string) {
    this.#session = session;
    this.#instance = instance;
  }

  /** Runs a deletion of a key, which must end within a minute. */
  async announced<Result>(
    client: S3Client,
    key: string,
    deletion: () => Promise<Result>,
  ): Promise<Result> {
    const notice = this.#session.objectName(
      `${noticesOf(key)}${this.#instance}-${this.#count++}`,
    );
    await client.send(new PutObjectCommand({ ...notice, Body: new Uint8Array(0) }));
    try {
      return await deletion();
    } finally {
      // One that stays is overlooked when it is old, and removed with the leftovers.
      await client.send(new DeleteObjectCommand(notice)).catch(() => {});
    }
  }

  /**
   * Waits until the deletions of a key that are under way now have ended.
   *
   * @returns whether they have; false if one takes too long
   */
  async ended(client: S3Client, key: string, now: number): Promise<boolean> {
    let pending = await this.#notices(client, key, now);
    for (let looks = 1; pending.size > 0; looks++) {
      if (looks === maxLooks) return false;
      pending = pending.intersection(await this.#notices(client, key, now));
    }
    return true;
  }

  /** Removes notices of who was killed. */
  async removeOld(client: S3Client, now: number): Promise<void> {
    const { Bucket, Key: Prefix } = this.#session.objectName(beginning);
    const { Contents = [] } = await client.send(new ListObjectsV2Command({ Bucket, Prefix }));
    for (const { Key, LastModified } of Contents) {
      if (now - (LastModified?.getTime() ?? now) < 2 * noticeMs) continue;
      await client.send(new DeleteObjectCommand({ Bucket, Key }));
    }
  }

  async #notices(client: S3Client, key: string, now: number): Promise<Set<string>> {
    const { Bucket, Key: Prefix } = this.#session.objectName(noticesOf(key));
    const { Contents = [] } = await client.send(new ListObjectsV2Command({ Bucket, Prefix }));
    const fresh = Contents.filter(({ LastModified }) =>
      now - (LastModified?.getTime() ?? now) < noticeMs
    );
    return new Set(fresh.map(({ Key }) => Key ?? ""));
  }
}

/** What every notice of a key begins with; a key can be longer than a name may be. */
function noticesOf(key: string): string {
  return `${beginning}${createHash("sha256").update(key).digest("hex")}-`;
}
