import type { SourceKey } from "../core/source_key.ts";
import type { Objects } from "../objects/objects.ts";
import type { ArtifactStore } from "../store/artifact_store.ts";
import { publishedArtifact } from "./published_artifact.ts";

/** What a verification reads. */
export interface VerifyContext {
  readonly objects: Pick<Objects, "sources">;
  readonly store: Pick<ArtifactStore, "stat" | "verify" | "delete">;
  readonly signal: AbortSignal;
}

/**
 * Reads every published artifact once and compares its digest (RFC-0012, "Artifact persistent storage integrity"). A
 * corrupt one is removed and its source handed to `onCorrupt`, to be fetched again: consumers would refuse it anyway.
 */
export async function verifyStore(
  { objects, store, signal }: VerifyContext,
  onCorrupt: (key: SourceKey) => void,
): Promise<void> {
  for (const key of [...objects.sources.keys()]) {
    if (signal.aborted) return;
    const source = objects.sources.get(key);
    const artifact = source && publishedArtifact(source);
    if (!artifact || !await store.stat(artifact.path)) continue;
    if (await store.verify(artifact.path, artifact.digest)) continue;
    await store.delete(artifact.path);
    onCorrupt(key);
  }
}
