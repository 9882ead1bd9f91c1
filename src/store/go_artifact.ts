import { createHash } from "node:crypto";
import { fileErrorState } from "../core/file_error.ts";

const blockBytes = 512;

/**
 * Whether a tar.gz holds a file with this SHA-256: under such a name the Go implementation stored its documents, so bytes
 * that have another digest than their key says are not damaged (COMPATIBILITY §4).
 *
 * @param hex 64 digits
 */
export async function isGoArtifact(file: string, hex: string): Promise<boolean> {
  const { readable } = await Deno.open(file);
  const reader = new PortionReader(readable.pipeThrough(new DecompressionStream("gzip")));
  try {
    let isFound = false;
    for await (const each of fileHashes(reader)) isFound ||= each === hex;
    await reader.finish(); // the sum of the whole stands at its end
    return isFound;
  } catch (error) {
    if (fileErrorState(error) !== undefined) throw error;
    return false; // what cannot be unpacked is damaged
  } finally {
    await reader.close();
  }
}

/** The SHA-256 of each regular file of a tar (POSIX.1-1988, ustar), in hex. */
async function* fileHashes(reader: PortionReader): AsyncGenerator<string> {
  const next = () => reader.take(blockBytes);
  for (let header = await next(); header[0]; header = await next()) {
    const size = parseInt(new TextDecoder().decode(header.subarray(124, 136)), 8);
    const hash = createHash("sha256");
    for (let left = size; left > 0;) {
      const part = await reader.take(Math.min(left, 64 * 1024));
      hash.update(part);
      left -= part.length;
    }
    await reader.take(-size & (blockBytes - 1));
    const isFile = header[156] === 0 || header[156] === "0".charCodeAt(0);
    if (isFile) yield hash.digest("hex");
  }
}

/** Bytes of a stream in the portions that are asked for. */
class PortionReader {
  readonly #pieces: ReadableStreamDefaultReader<Uint8Array>;
  #piece: Uint8Array = new Uint8Array();

  constructor(pieces: ReadableStream<Uint8Array>) {
    this.#pieces = pieces.getReader();
  }

  /** @throws {Error} if the stream ends before */
  async take(count: number): Promise<Uint8Array> {
    const taken = new Uint8Array(count);
    for (let at = 0; at < count;) {
      if (this.#piece.length === 0) {
        const { value, done } = await this.#pieces.read();
        if (done) throw new Error("Cannot read a tar: it ends in the middle");
        this.#piece = value;
      }
      const part = this.#piece.subarray(0, count - at);
      taken.set(part, at);
      at += part.length;
      this.#piece = this.#piece.subarray(part.length);
    }
    return taken;
  }

  /** Reads what is left. */
  async finish(): Promise<void> {
    while (!(await this.#pieces.read()).done);
  }

  /** Lets go of the stream, whatever became of it. */
  async close(): Promise<void> {
    await this.#pieces.cancel().catch(() => {});
  }
}
