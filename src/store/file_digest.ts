import { createHash } from "node:crypto";
import { digestOf } from "../core/revision.ts";
import { filePieces } from "./file_pieces.ts";

/** `sha256:` of the rest of a file. */
export async function fileDigest(file: Deno.FsFile): Promise<string> {
  const hash = createHash("sha256");
  for await (const piece of filePieces(file)) hash.update(piece);
  return digestOf(hash.digest("hex"));
}
