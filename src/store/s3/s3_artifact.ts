import type { Readable } from "node:stream";
import type { ByteRange, StoredArtifact } from "../artifact_store.ts";
import { S3TransportError, transportError } from "./s3_transport.ts";

/** An object whose body has begun to arrive. */
export interface OpenObject {
  readonly size: number;
  /** `sha256:` of what was put, if it is known. */
  readonly digest: string | undefined;
  /** All of it. Errors while nobody reads are ignored. */
  readonly body: Readable;
  /** A range of the very same object, if it is still there. */
  readonly reopen: (range: ByteRange) => Promise<Readable>;
  /** What to throw when the body breaks off. */
  readonly failure: (error: unknown) => unknown;
}

/** So little is rather read and thrown away than asked for anew, or left to cost the connection; bytes. */
const littleBytes = 64 * 1024;
/** How often a body that broke off is asked for from there on. */
const maxResumptions = 3;

/** An object as an open artifact: exactly `size` bytes, or an error. */
export function s3Artifact(object: OpenObject): StoredArtifact {
  const { size, digest } = object;
  let isTaken = false;
  return {
    size,
    ...(digest === undefined ? {} : { digest }),
    stream(range = { start: 0, end: size }) {
      if (range.start < 0 || range.start > range.end || range.end > size) {
        throw new RangeError(`Cannot read bytes ${range.start} to ${range.end} of ${size}`);
      }
      isTaken = true;
      return streamOf(new ObjectReader(object, range));
    },
    close() {
      if (!isTaken) new ObjectReader(object, { start: 0, end: 0 }).close();
      isTaken = true;
    },
  };
}

function streamOf(reader: ObjectReader): ReadableStream<Uint8Array> {
  return new ReadableStream<Uint8Array>({
    async pull(controller) {
      const piece = await reader.next();
      if (piece) controller.enqueue(piece);
      if (reader.left === 0) {
        reader.close();
        controller.close();
      }
    },
    cancel: () => reader.close(),
  }, { highWaterMark: 0 });
}

/** Reads a range of an object, and goes on where the connection broke. */
class ObjectReader {
  readonly #object: OpenObject;
  readonly #end: number;
  /** Where the next byte for the reader is. */
  #at: number;
  /** Where the body is. */
  #bodyAt = 0;
  #body: Readable;
  #pieces: AsyncIterator<Uint8Array>;
  #resumptions = 0;
  #isPlaced = false;

  constructor(object: OpenObject, { start, end }: ByteRange) {
    this.#object = object;
    this.#at = start;
    this.#end = end;
    this.#body = object.body;
    this.#pieces = piecesOf(object.body);
  }

  /** Bytes that are still to come. */
  get left(): number {
    return this.#end - this.#at;
  }

  /** Undefined only if nothing is left. */
  async next(): Promise<Uint8Array | undefined> {
    if (!this.#isPlaced) await this.#place();
    while (this.left > 0) {
      const piece = await this.#read();
      const skipped = Math.min(this.#at - this.#bodyAt, piece.length);
      this.#bodyAt += piece.length;
      const wanted = piece.subarray(skipped, skipped + this.left);
      this.#at += wanted.length;
      if (wanted.length > 0) return wanted;
    }
    return undefined;
  }

  /** Reads a small rest, so that the connection can be used again, or closes it. */
  close(): void {
    if (this.#object.size - this.#bodyAt > littleBytes) this.#body.destroy();
    else drain(this.#pieces).catch(() => {});
  }

  /** A range far behind is asked for by itself; if that is refused, the body that is open still has it. */
  async #place(): Promise<void> {
    this.#isPlaced = true;
    if (this.#at - this.#bodyAt <= littleBytes || this.left === 0) return;
    const part = await this.#object.reopen({ start: this.#at, end: this.#end })
      .catch(() => undefined);
    if (part) this.#take(part);
  }

  async #read(): Promise<Uint8Array> {
    for (;;) {
      try {
        const { done, value } = await this.#pieces.next();
        if (!done) return value;
        throw new S3TransportError("the answer ended early");
      } catch (error) {
        await this.#resume(transportError(error));
      }
    }
  }

  async #resume(error: unknown): Promise<void> {
    if (this.#resumptions++ === maxResumptions) throw this.#object.failure(error);
    this.#take(await this.#object.reopen({ start: this.#at, end: this.#end }));
  }

  #take(body: Readable): void {
    this.#body.destroy();
    this.#body = body;
    this.#pieces = piecesOf(body);
    this.#bodyAt = this.#at;
  }
}

function piecesOf(body: Readable): AsyncIterator<Uint8Array> {
  return body.iterator({ destroyOnReturn: false }) as AsyncIterator<Uint8Array>;
}

async function drain(pieces: AsyncIterator<Uint8Array>): Promise<void> {
  while (!(await pieces.next()).done);
}
