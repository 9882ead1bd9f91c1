import type { ByteRange, StoredArtifact } from "./artifact_store.ts";

const pieceBytes = 64 * 1024;

/**
 * Opens a file as an artifact. Synchronously: it costs less than a turn of the loop, and `Deno.serve` sends an untouched
 * `readable` without copying it through JavaScript (PLATFORM §2).
 *
 * @returns undefined if there is no regular file
 */
export function openStoredFile(path: string): StoredArtifact | undefined {
  const file = openIfThere(path);
  const info = file?.statSync();
  if (!file || !info?.isFile) {
    file?.close();
    return undefined;
  }
  let mine = true; // until stream() hands the file over
  return {
    size: info.size,
    read: reader(file),
    stream(range = { start: 0, end: info.size }) {
      if (range.start < 0 || range.start > range.end || range.end > info.size) {
        throw new RangeError(`Cannot read bytes ${range.start} to ${range.end} of ${info.size}`);
      }
      mine = false;
      if (range.start > 0) file.seekSync(range.start, Deno.SeekMode.Start);
      return range.end === info.size ? file.readable : part(file, range);
    },
    close() {
      if (mine) file.close();
      mine = false;
    },
  };
}

/** The kernel reads ahead further than this, so that most such reads find their bytes in memory. */
const atOnceBytes = 16 * 1024;

/**
 * The first piece comes at once: it is most often the whole artifact, and was read or written a moment ago; so do small
 * ones. The pieces of a large one are read beside the event loop, which a slow volume would else hold up.
 */
function reader(file: Deno.FsFile): NonNullable<StoredArtifact["read"]> {
  let at = 0;
  return (into, position) => {
    if (position !== at) file.seekSync(position, Deno.SeekMode.Start);
    if (position === 0 || into.length <= atOnceBytes) {
      const count = file.readSync(into) ?? 0;
      at = position + count;
      return count;
    }
    return file.read(into).then((count) => {
      at = position + (count ?? 0);
      return count ?? 0;
    });
  };
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

/** The bytes up to the end of a range, from where the file stands. */
function part(file: Deno.FsFile, { start, end }: ByteRange): ReadableStream<Uint8Array> {
  let left = end - start;
  return new ReadableStream<Uint8Array>({
    async pull(controller) {
      const piece = new Uint8Array(Math.min(pieceBytes, left));
      const count = left === 0 ? 0 : await file.read(piece);
      if (count === null) throw new Error("Cannot read an artifact: it has become shorter");
      left -= count;
      if (count > 0) controller.enqueue(piece.subarray(0, count));
      if (left > 0) return;
      file.close();
      controller.close();
    },
    cancel: () => file.close(),
  }, { highWaterMark: 0 });
}
