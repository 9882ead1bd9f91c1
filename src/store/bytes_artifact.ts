import type { ByteRange, StoredArtifact } from "./artifact_store.ts";

const pieceBytes = 64 * 1024;

/** Bytes in memory as an open artifact; they must not change any more. */
export function bytesArtifact(bytes: Uint8Array): StoredArtifact {
  return { size: bytes.length, stream: stream(bytes), read: reader(bytes), close() {} };
}

function reader(bytes: Uint8Array): NonNullable<StoredArtifact["read"]> {
  return (into, position) => {
    const part = bytes.subarray(position, position + into.length);
    into.set(part);
    return part.length;
  };
}

function stream(bytes: Uint8Array): StoredArtifact["stream"] {
  return ({ start, end }: ByteRange = { start: 0, end: bytes.length }) => {
    if (start < 0 || start > end || end > bytes.length) {
      throw new RangeError(`Cannot read bytes ${start} to ${end} of ${bytes.length}`);
    }
    let at = start;
    return new ReadableStream<Uint8Array>({
      pull(controller) {
        const next = Math.min(at + pieceBytes, end);
        // A copy: whoever reads may transfer or alter what it gets.
        if (next > at) controller.enqueue(bytes.slice(at, next));
        at = next;
        if (at === end) controller.close();
      },
    }, { highWaterMark: 0 });
  };
}
