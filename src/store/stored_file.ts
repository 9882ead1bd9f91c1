import type { ByteRange, StoredArtifact } from "./artifact_store.ts";
import { asStorageError, storageError } from "./storage_error.ts";

const pieceBytes = 64 * 1024;

/**
 * Opens a file as an artifact: synchronously, which costs less than a turn of the loop.
 *
 * @returns undefined if there is no regular file
 */
export function openStoredFile(path: string): StoredArtifact | undefined {
  const file = openIfThere(path);
  const size = file && sizeOf(file);
  if (!file || size === undefined) {
    file?.close();
    return undefined;
  }
  let mine = true; // until stream() hands the file over
  return {
    size,
    read: reader(file, size),
    stream(range = { start: 0, end: size }) {
      if (range.start < 0 || range.start > range.end || range.end > size) {
        throw new RangeError(`Cannot read bytes ${range.start} to ${range.end} of ${size}`);
      }
      mine = false;
      return part(file, range);
    },
    close() {
      if (mine) file.close();
      mine = false;
    },
  };
}

/** Undefined if it is no regular file. */
function sizeOf(file: Deno.FsFile): number | undefined {
  try {
    const info = file.statSync();
    return info.isFile ? info.size : undefined;
  } catch (error) {
    file.close();
    throw error;
  }
}

/** The kernel reads ahead further than this, so that most such reads find their bytes in memory. */
const atOnceBytes = 16 * 1024;

/**
 * The first piece comes at once: it is most often the whole artifact, and was read or written a moment ago; so do small
 * ones. The pieces of a large one are read beside the event loop, which a slow volume would else hold up.
 */
function reader(file: Deno.FsFile, size: number): NonNullable<StoredArtifact["read"]> {
  let at = 0;
  const readAt = (into: Uint8Array, position: number) => {
    if (position !== at) file.seekSync(position, Deno.SeekMode.Start);
    if (position === 0 || into.length <= atOnceBytes) {
      const count = file.readSync(into) ?? 0;
      at = position + count;
      return count;
    }
    return file.read(into).then((count) => {
      at = position + (count ?? 0);
      return count ?? 0;
    }, refuse);
  };
  return (into, position) => {
    try {
      // Whatever somebody appends to the file does not belong to the artifact.
      const left = Math.max(0, size - position);
      return readAt(left < into.length ? into.subarray(0, left) : into, position);
    } catch (error) {
      refuse(error);
    }
  };
}

/** The volume has gone away, or, on NFS, somebody else has removed the file meanwhile (ESTALE, EIO). */
function refuse(error: unknown): never {
  throw asStorageError("Cannot read an artifact", error);
}

function openIfThere(path: string): Deno.FsFile | undefined {
  try {
    return Deno.openSync(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound || error instanceof Deno.errors.NotADirectory) {
      return undefined;
    }
    throw error;
  }
}

/** The bytes of a range, no more and no fewer. */
function part(file: Deno.FsFile, { start, end }: ByteRange): ReadableStream<Uint8Array> {
  let left = end - start;
  const next = async () => {
    const piece = new Uint8Array(Math.min(pieceBytes, left));
    const count = left === 0 ? 0 : await file.read(piece);
    if (count === null) throw storageError("Cannot read an artifact: it has become shorter");
    left -= count;
    return piece.subarray(0, count);
  };
  return new ReadableStream<Uint8Array>({
    start: () => start > 0 ? void file.seekSync(start, Deno.SeekMode.Start) : undefined,
    async pull(controller) {
      try {
        const piece = await next();
        if (piece.length > 0) controller.enqueue(piece);
      } catch (error) {
        file.close();
        refuse(error);
      }
      if (left > 0) return;
      file.close();
      controller.close();
    },
    cancel: () => file.close(),
  }, { highWaterMark: 0 });
}
