import { createHash } from "node:crypto";
import { fileErrorState } from "../core/file_error.ts";
import { digestOf } from "../core/revision.ts";
import { StepError } from "../core/step_error.ts";
import type { ArtifactFile, StoredArtifact } from "./artifact_store.ts";
import { storageError } from "./storage_error.ts";

/**
 * Writes an opened artifact to a file that does not exist yet; the digest is that of what came.
 *
 * @throws {StepError} class `storage` if the store breaks off
 * @throws the reason of `signal`
 */
export async function receiveArtifact(
  key: string,
  stored: StoredArtifact,
  { path, signal }: { readonly path: string; readonly signal: AbortSignal },
): Promise<ArtifactFile> {
  using file = await Deno.open(path, { createNew: true, write: true });
  const hash = createHash("sha256");
  let size = 0;
  for await (const piece of readable(key, stored)) {
    signal.throwIfAborted();
    hash.update(piece);
    size += piece.length;
    for (let at = 0; at < piece.length;) at += await file.write(piece.subarray(at));
  }
  if (size === stored.size) return { file: path, size, digest: digestOf(hash.digest("hex")) };
  throw storageError(`Cannot read "${key}": it ended after ${size} of ${stored.size} bytes`);
}

/** What breaks a stream is the store's, whatever its name. */
async function* readable(key: string, stored: StoredArtifact): AsyncGenerator<Uint8Array> {
  try {
    yield* stored.stream();
  } catch (error) {
    if (error instanceof StepError) throw error;
    const state = fileErrorState(error) ?? "the store broke off";
    throw storageError(`Cannot read "${key}": ${state}`, error);
  }
}
