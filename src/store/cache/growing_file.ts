import { createHash } from "node:crypto";
import { releasePiece } from "../../core/release_piece.ts";
import { digestOf } from "../../core/revision.ts";
import type { ArtifactFile, ByteRange, StoredArtifact } from "../artifact_store.ts";
import { storageError } from "../storage_error.ts";
import { openStoredFile } from "../stored_file.ts";

/** The bytes that came are not those of the digest, or not so many. */
export class WrongBytes extends Error {
  override readonly name = "WrongBytes";
}

/** The disk did not take the bytes; where they came from is in order. */
export class FileUnwritable extends Error {
  override readonly name = "FileUnwritable";
}

const pieceBytes = 64 * 1024;
/** A reader that has all but these cannot take what it got for the whole. */
const keptBackBytes = 64 * 1024;

/**
 * A file that is being filled, and can be read meanwhile. Its last bytes are only readable once all of them have the digest;
 * if they turn out wrong, its readers fail.
 */
export class GrowingFile {
  readonly artifact: ArtifactFile;
  #written = 0;
  #state: "growing" | "complete" | "failed" = "growing";
  #waiting: (() => void)[] = [];

  /** @param artifact what it is to become; the directory exists, the file does not */
  constructor(artifact: ArtifactFile) {
    this.artifact = artifact;
    Deno.openSync(artifact.file, { createNew: true, write: true, mode: 0o600 }).close();
  }

  /**
   * Writes the bytes of a stream; afterwards the file is complete, or gone.
   *
   * @throws {WrongBytes}
   * @throws {FileUnwritable}
   * @throws {Error} what the stream throws
   */
  async fill(stream: ReadableStream<Uint8Array>, signal: AbortSignal): Promise<void> {
    const reader = stream.getReader();
    const stop = () => void reader.cancel().catch(() => {});
    signal.addEventListener("abort", stop, { once: true });
    try {
      await this.#copy(reader);
      this.#end("complete");
    } catch (error) {
      this.#end("failed");
      stop();
      await Deno.remove(this.artifact.file).catch(() => {}); // it is in a directory that ends with this process
      throw error;
    } finally {
      signal.removeEventListener("abort", stop);
    }
  }

  /** Undefined if it has failed, or is complete and was removed since. */
  open(): StoredArtifact | undefined {
    const { file: path, size } = this.artifact;
    if (this.#state === "failed") return undefined;
    if (this.#state === "complete") return openStoredFile(path);
    const file = Deno.openSync(path);
    let isOpen = true;
    const close = () => {
      if (isOpen) file.close();
      isOpen = false;
    };
    const read = async (into: Uint8Array, position: number) => {
      const end = await this.#readableEnd(position);
      await file.seek(position, Deno.SeekMode.Start);
      return await file.read(into.subarray(0, end - position)) ?? 0;
    };
    const stream = (range = { start: 0, end: size }) => {
      if (range.start < 0 || range.start > range.end || range.end > size) {
        throw new RangeError(`Cannot read bytes ${range.start} to ${range.end} of ${size}`);
      }
      return ReadableStream.from(pieces({ read, close }, range));
    };
    return { size, read, stream, close };
  }

  async #copy(reader: ReadableStreamDefaultReader<Uint8Array>): Promise<void> {
    const { file: path, size, digest } = this.artifact;
    using file = await Deno.open(path, { write: true });
    const hash = createHash("sha256");
    for (let next = await reader.read(); !next.done; next = await reader.read()) {
      if (this.#written + next.value.length > size) {
        throw new WrongBytes("more bytes than its size");
      }
      hash.update(next.value);
      await writeAll(file, next.value);
      this.#written += next.value.length;
      this.#wake();
      releasePiece(next.value);
    }
    if (this.#written < size) throw new WrongBytes("fewer bytes than its size");
    if (digestOf(hash.digest("hex")) !== digest) {
      throw new WrongBytes("not the bytes of its digest");
    }
  }

  /** Up to where bytes can be read; waits until that is beyond `position`, or the end. */
  async #readableEnd(position: number): Promise<number> {
    const { size } = this.artifact;
    for (;;) {
      if (this.#state === "failed") {
        throw storageError(
          "Cannot read an artifact: the bytes that came are not those of its digest",
        );
      }
      const end = this.#state === "complete" ? size : Math.min(this.#written, size - keptBackBytes);
      if (end > position || position >= size) return Math.max(end, position);
      if (this.#state === "complete") return size;
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    }
  }

  #end(state: "complete" | "failed"): void {
    this.#state = state;
    this.#wake();
  }

  #wake(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const resolve of waiting) resolve();
  }
}

async function* pieces(
  { read, close }: Required<Pick<StoredArtifact, "read" | "close">>,
  { start, end }: ByteRange,
): AsyncGenerator<Uint8Array> {
  try {
    for (let at = start; at < end;) {
      const piece = new Uint8Array(Math.min(pieceBytes, end - at));
      const count = await read(piece, at);
      if (count === 0) throw new Error("Cannot read an artifact: it has become shorter");
      at += count;
      yield piece.subarray(0, count);
    }
  } finally {
    close();
  }
}

async function writeAll(file: Deno.FsFile, bytes: Uint8Array): Promise<void> {
  try {
    for (let written = 0; written < bytes.length;) {
      written += await file.write(bytes.subarray(written));
    }
  } catch (cause) {
    throw new FileUnwritable("the disk does not take the bytes", { cause });
  }
}
