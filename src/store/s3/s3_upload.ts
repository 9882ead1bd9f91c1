import {
  AbortMultipartUploadCommand,
  type CompletedPart,
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  HeadObjectCommand,
  PutObjectCommand,
  type S3Client,
  type ServerSideEncryption,
  UploadPartCommand,
} from "@aws-sdk/client-s3";
import { createHash } from "node:crypto";
import { hexOf } from "../../core/revision.ts";
import type { ArtifactFile } from "../artifact_store.ts";
import type { ByteBudget } from "../byte_budget.ts";
import { copyArtifact } from "../copy_artifact.ts";
import { isS3Answer, isUnsupported } from "./s3_failure.ts";

/** How an artifact is to lie in the bucket. */
export interface S3UploadOptions {
  readonly object: { readonly Bucket: string; readonly Key: string };
  readonly artifact: ArtifactFile;
  /** Milliseconds since the Unix epoch, by the clock of whoever puts it. */
  readonly now: number;
}

/** What uploads have in common. */
export interface S3UploaderOptions {
  readonly encryption: ServerSideEncryption | undefined;
  readonly kmsKeyId: string | undefined;
  /** Memory for what is sent, unless it is small. */
  readonly budget: ByteBudget;
}

/** What is known of an object beside its bytes, in its metadata. */
export interface S3Stamp {
  /** `sha256:` of what was put. */
  readonly digest: string | undefined;
  /** When it was put, in milliseconds since the Unix epoch, by the clock of whoever did; 0 if that is not known. */
  readonly putAt: number;
}

/** The smallest part that S3 takes, and what memory holds of one upload. */
const minPartBytes = 5 * 2 ** 20;
const maxParts = 10_000;
/** As many of this size as there can be at once do no harm. */
const smallBytes = 256 * 1024;

/**
 * Uploads artifacts whole or not at all: what is small in one request, once its digest is known to be right; what is
 * large in parts that nobody sees before all of them are there and the digest was right.
 */
export class S3Uploader {
  readonly #options: S3UploaderOptions;
  /** Until a service refuses them. */
  #sendsChecksums = true;

  constructor(options: S3UploaderOptions) {
    this.#options = options;
  }

  /** @throws {Error} if the file does not hold the bytes that are announced */
  async upload(client: S3Client, options: S3UploadOptions): Promise<void> {
    const partBytes = Math.max(minPartBytes, Math.ceil(options.artifact.size / maxParts));
    const memory = Math.min(options.artifact.size, partBytes);
    // What is small must not wait for what is large and may be slow.
    using _held = memory > smallBytes ? await this.#options.budget.take(memory) : undefined;
    try {
      await this.#send(client, options, partBytes);
    } catch (error) {
      if (!this.#sendsChecksums || !isUnsupported(error)) throw error;
      this.#sendsChecksums = false;
      await this.#send(client, options, partBytes);
    }
  }

  #send(client: S3Client, options: S3UploadOptions, partBytes: number): Promise<void> {
    if (options.artifact.size <= partBytes) return this.#sendWhole(client, options);
    return this.#sendParts(client, options, partBytes);
  }

  async #sendWhole(client: S3Client, options: S3UploadOptions): Promise<void> {
    const body = new PartBuffer(options.artifact.size);
    await copyArtifact(options.artifact, (piece) => void body.fill(piece));
    await client.send(
      new PutObjectCommand({ ...this.#headers(options), ...this.#content(body.take()) }),
    );
  }

  async #sendParts(client: S3Client, options: S3UploadOptions, partBytes: number): Promise<void> {
    const { object, artifact } = options;
    const { UploadId } = await client.send(
      new CreateMultipartUploadCommand({
        ...this.#headers(options),
        ...(this.#sendsChecksums ? { ChecksumAlgorithm: "SHA256" } : {}),
      }),
    );
    const upload = { ...object, UploadId };
    try {
      const Parts = await this.#parts(artifact, partBytes, async (bytes, PartNumber) => {
        const content = this.#content(bytes);
        const { ETag } = await client.send(
          new UploadPartCommand({ ...upload, PartNumber, ...content }),
        );
        const { Body: _bytes, ...checksum } = content;
        return { PartNumber, ETag, ...checksum };
      });
      await client.send(
        new CompleteMultipartUploadCommand({ ...upload, MultipartUpload: { Parts } }),
      );
    } catch (error) {
      if (isS3Answer(error, "NoSuchUpload") && await this.#isThere(client, options)) return;
      // Of what cannot be aborted now, leftovers are removed later.
      await client.send(new AbortMultipartUploadCommand(upload)).catch(() => {});
      throw error;
    }
  }

  /** Whether an upload was completed by a request whose answer was lost, so that the next try found nothing to complete. */
  async #isThere(client: S3Client, { object, artifact, now }: S3UploadOptions): Promise<boolean> {
    const { Metadata } = await client.send(new HeadObjectCommand(object));
    const { digest, putAt } = readStamp(Metadata);
    return digest === artifact.digest && putAt === now;
  }

  /** Sends all parts, the last one after the digest of the whole was found right. */
  async #parts(
    artifact: ArtifactFile,
    partBytes: number,
    send: (bytes: Uint8Array, number: number) => Promise<CompletedPart>,
  ): Promise<CompletedPart[]> {
    const parts: CompletedPart[] = [];
    const buffer = new PartBuffer(partBytes);
    await copyArtifact(artifact, async (piece) => {
      for (let rest = buffer.fill(piece); rest.length > 0; rest = buffer.fill(rest)) {
        parts.push(await send(buffer.take(), parts.length + 1));
      }
    });
    parts.push(await send(buffer.take(), parts.length + 1));
    return parts;
  }

  #headers({ object, artifact, now }: S3UploadOptions) {
    const { encryption, kmsKeyId } = this.#options;
    const file = object.Key.slice(object.Key.lastIndexOf("/") + 1);
    return {
      ...object,
      ContentType: "application/gzip",
      ContentDisposition: `attachment; filename="${file}"`,
      CacheControl: "public, max-age=31536000, immutable, no-transform",
      Metadata: { sha256: hexOf(artifact.digest) ?? "", "put-at": `${now}` },
      ...(encryption === undefined ? {} : { ServerSideEncryption: encryption }),
      ...(kmsKeyId === undefined ? {} : { SSEKMSKeyId: kmsKeyId }),
    };
  }

  /** The signature covers the bytes in any case; the checksum is kept with them, and compared by the service. */
  #content(bytes: Uint8Array): { Body: Uint8Array; ChecksumSHA256?: string } {
    if (!this.#sendsChecksums) return { Body: bytes };
    return { Body: bytes, ChecksumSHA256: createHash("sha256").update(bytes).digest("base64") };
  }
}

/** Reads the metadata of an upload; that of others has none of it. */
export function readStamp(metadata: Readonly<Record<string, string>> | undefined): S3Stamp {
  const digest = `sha256:${metadata?.["sha256"]}`;
  const putAt = Number(metadata?.["put-at"]);
  return {
    digest: hexOf(digest) === undefined ? undefined : digest,
    putAt: Number.isSafeInteger(putAt) ? putAt : 0,
  };
}

/** Bytes of one part, gathered from pieces. */
class PartBuffer {
  readonly #bytes: Uint8Array<ArrayBuffer>;
  #length = 0;

  constructor(capacity: number) {
    this.#bytes = new Uint8Array(capacity);
  }

  /** Takes what fits and returns the rest. */
  fill(piece: Uint8Array): Uint8Array {
    const fitting = piece.subarray(0, this.#bytes.length - this.#length);
    this.#bytes.set(fitting, this.#length);
    this.#length += fitting.length;
    return piece.subarray(fitting.length);
  }

  /** What was gathered, valid until the next fill. */
  take(): Uint8Array<ArrayBuffer> {
    const taken = this.#bytes.subarray(0, this.#length);
    this.#length = 0;
    return taken;
  }
}
