import type { StoredContent } from "../core/artifact.ts";
import { fileErrorState } from "../core/file_error.ts";
import { StepError } from "../core/step_error.ts";
import type { ArtifactStore } from "./artifact_store.ts";
import { receiveArtifact } from "./receive_artifact.ts";

/** What an artifact is restored with. */
export interface RestoreOptions {
  /** With all that stands in front of it. */
  readonly store: Pick<ArtifactStore, "open" | "put">;
  /** Path of a file that does not exist yet. */
  readonly newFile: () => string;
  readonly signal: AbortSignal;
}

/**
 * Puts an artifact that a store has lost back into it from a cache in front of it. Never rejects for what a store or a disk
 * does.
 *
 * @returns whether it is there now; false if the cache does not have it, or not as it was published
 */
export async function restoreArtifact(
  { path: key, digest, size }: Pick<StoredContent, "path" | "digest" | "size">,
  { store, newFile, signal }: RestoreOptions,
): Promise<boolean> {
  const path = newFile();
  try {
    const cached = await store.open(key);
    if (!cached) return false;
    using _ = { [Symbol.dispose]: () => cached.close() };
    const artifact = await receiveArtifact(key, cached, { path, signal });
    if (artifact.digest !== digest || artifact.size !== size) return false;
    await store.put(key, artifact);
    return true;
  } catch (error) {
    if (error instanceof StepError || fileErrorState(error) !== undefined || signal.aborted) {
      return false;
    }
    throw error;
  } finally {
    await Deno.remove(path).catch(() => {}); // it is in the spool directory, which goes with the process
  }
}
