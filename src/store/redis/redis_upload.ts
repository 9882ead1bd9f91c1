import { Buffer } from "node:buffer";
import type { ArtifactFile } from "../artifact_store.ts";
import { copyArtifact } from "../copy_artifact.ts";
import { chunkBytes } from "./redis_layout.ts";

/** Keeps a chunk and gives what {@linkcode RedisRecord.sums} says of it. The bytes are valid until it has settled. */
export type WriteChunk = (index: number, bytes: Buffer) => Promise<string>;

/**
 * Hands the bytes of an artifact to `write` chunk by chunk, one at a time, and gives their sums.
 *
 * @throws {Error} if the file does not hold the bytes that are announced
 */
export async function uploadChunks(artifact: ArtifactFile, write: WriteChunk): Promise<string[]> {
  const chunk = Buffer.alloc(Math.min(chunkBytes, artifact.size));
  const sums: string[] = [];
  let filled = 0;
  const flush = async () => {
    sums.push(await write(sums.length, chunk.subarray(0, filled)));
    filled = 0;
  };
  await copyArtifact(artifact, async (piece) => {
    for (let at = 0; at < piece.length;) {
      const part = piece.subarray(at, at + chunk.length - filled);
      chunk.set(part, filled);
      filled += part.length;
      at += part.length;
      if (filled === chunk.length) await flush();
    }
  });
  if (filled > 0) await flush();
  return sums;
}
