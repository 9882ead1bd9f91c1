import { createHash } from "node:crypto";
import { digestOf } from "../../core/revision.ts";
import type { ByteRange, StoredArtifact } from "../artifact_store.ts";

/** Which bytes are expected, and who is told that others came. */
export interface ExpectedBytes {
  /** `sha256:` of the whole. */
  readonly digest: string;
  /** What to throw if other bytes came. */
  wrongBytes(): Error;
  /** Told of that, and of whatever else the artifact could not be read for. */
  failed(error: unknown): void;
}

/**
 * An artifact whose bytes nobody has looked at yet. Its stream hashes the whole on the way, also for a range, and keeps
 * back the last piece until the digest is right: a reader gets all of the right bytes or an error, never wrong ones as
 * success.
 */
export function verifiedArtifact(
  artifact: StoredArtifact,
  expected: ExpectedBytes,
): StoredArtifact {
  const { size } = artifact;
  return {
    size,
    stream(range = { start: 0, end: size }) {
      if (range.start < 0 || range.start > range.end || range.end > size) {
        throw new RangeError(`Cannot read bytes ${range.start} to ${range.end} of ${size}`);
      }
      return ReadableStream.from(toldPieces(artifact, range, expected));
    },
    close: () => artifact.close(),
  };
}

async function* toldPieces(
  artifact: StoredArtifact,
  range: ByteRange,
  expected: ExpectedBytes,
): AsyncGenerator<Uint8Array> {
  try {
    yield* verifiedPieces(artifact, range, expected);
  } catch (error) {
    expected.failed(error);
    throw error;
  }
}

async function* verifiedPieces(
  artifact: StoredArtifact,
  { start, end }: ByteRange,
  expected: ExpectedBytes,
): AsyncGenerator<Uint8Array> {
  const hash = createHash("sha256");
  let at = 0;
  let last: Uint8Array | undefined;
  for await (const piece of artifact.stream()) {
    hash.update(piece);
    const part = piece.subarray(Math.max(0, start - at), Math.max(0, end - at));
    at += piece.length;
    if (at > artifact.size) break;
    if (part.length === 0) continue;
    if (last) yield last;
    last = part;
  }
  if (at !== artifact.size || digestOf(hash.digest("hex")) !== expected.digest) {
    throw expected.wrongBytes();
  }
  if (last) yield last;
}
