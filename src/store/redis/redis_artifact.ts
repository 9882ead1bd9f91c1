import type { ByteRange, StoredArtifact } from "../artifact_store.ts";
import { chunkAt, chunkRange } from "./redis_layout.ts";
import type { RedisRecord } from "./redis_record.ts";

/** Gives a chunk that has the length and the sum of its record. @throws {StepError} class `storage` if there is none */
export type ReadChunk = (index: number) => Promise<Uint8Array>;

/** A published artifact; holds one chunk at most. */
export class RedisArtifact implements StoredArtifact {
  readonly size: number;
  readonly digest: string;
  readonly #readChunk: ReadChunk;
  #held: { readonly index: number; readonly bytes: Uint8Array } | undefined;

  constructor({ size, digest }: RedisRecord, readChunk: ReadChunk) {
    this.size = size;
    this.digest = digest;
    this.#readChunk = readChunk;
  }

  read(into: Uint8Array, position: number): number | Promise<number> {
    if (position >= this.size || into.length === 0) return 0;
    const index = chunkAt(position);
    if (this.#held?.index === index) return this.#copy(this.#held.bytes, into, position);
    return this.#readChunk(index).then((bytes) => {
      this.#held = { index, bytes };
      return this.#copy(bytes, into, position);
    });
  }

  stream(range: ByteRange = { start: 0, end: this.size }): ReadableStream<Uint8Array> {
    const { start, end } = range;
    if (start < 0 || start > end || end > this.size) {
      throw new RangeError(`Cannot read bytes ${start} to ${end} of ${this.size}`);
    }
    this.close();
    let at = start;
    return new ReadableStream<Uint8Array>({
      pull: async (controller) => {
        if (at < end) {
          const chunk = chunkRange(chunkAt(at), this.size);
          const bytes = await this.#readChunk(chunkAt(at));
          const next = Math.min(end, chunk.end);
          controller.enqueue(ownBytes(bytes).subarray(at - chunk.start, next - chunk.start));
          at = next;
        }
        if (at === end) controller.close();
      },
    }, { highWaterMark: 0 });
  }

  close(): void {
    this.#held = undefined;
  }

  #copy(chunk: Uint8Array, into: Uint8Array, position: number): number {
    const offset = position - chunkRange(chunkAt(position), this.size).start;
    const part = chunk.subarray(offset, offset + into.length);
    into.set(part);
    // Nobody reads backwards, and a client that is slow from here on need not keep it in memory.
    if (offset + part.length === chunk.length) this.#held = undefined;
    return part.length;
  }
}

/** Whoever reads a stream may transfer what it gets: the library's small buffers lie in memory that others use too. */
function ownBytes(bytes: Uint8Array): Uint8Array {
  const { buffer, byteOffset, length } = bytes;
  const isAlone = buffer.byteLength === length;
  return isAlone ? new Uint8Array(buffer, byteOffset, length) : new Uint8Array(bytes);
}
