import { createHash } from "node:crypto";
import { digestOf } from "../core/revision.ts";
import type { ArtifactFile } from "./artifact_store.ts";
import { filePieces } from "./file_pieces.ts";

/**
 * Hands the bytes of an artifact to `write`, piece by piece; each piece is valid until `write` has settled.
 *
 * @throws {Error} if they are not the bytes that were announced, which no other try would change; what was written is
 * then to be thrown away
 */
export async function copyArtifact(
  artifact: ArtifactFile,
  write: (piece: Uint8Array<ArrayBuffer>) => Promise<void> | void,
): Promise<void> {
  using source = await Deno.open(artifact.file);
  const hash = createHash("sha256");
  let size = 0;
  for await (const piece of filePieces(source, artifact.size)) {
    size += piece.length;
    if (size > artifact.size) break;
    hash.update(piece);
    await write(piece);
  }
  if (size !== artifact.size || digestOf(hash.digest("hex")) !== artifact.digest) {
    throw new Error(`Cannot store "${artifact.digest}": the packed file has other bytes`);
  }
}
