import { StepError } from "../core/step_error.ts";
import type { SourceKey } from "../core/source_key.ts";
import type { Objects } from "../objects/objects.ts";
import type { ArtifactStore } from "../store/artifact_store.ts";
import { publishedArtifact } from "./published_artifact.ts";

const atOnce = 16;

/**
 * The sources of whose published artifact the store holds nothing. A store that cannot be read has lost nothing: the search
 * ends there, so that a start does not wait for it once for each source.
 */
export async function findLost(
  { objects, store }: {
    readonly objects: Pick<Objects, "sources">;
    readonly store: Pick<ArtifactStore, "stat">;
  },
): Promise<ReadonlySet<SourceKey>> {
  const lost = new Set<SourceKey>();
  const keys = objects.sources.keys();
  let isReadable = true;
  const search = async () => {
    for (const key of keys) {
      if (!isReadable) return;
      const source = objects.sources.get(key);
      const artifact = source && publishedArtifact(source);
      if (!artifact) continue;
      try {
        if (!await store.stat(artifact.path)) lost.add(key);
      } catch (error) {
        if (!(error instanceof StepError)) throw error;
        isReadable = false;
      }
    }
  };
  await Promise.all(Array.from({ length: atOnce }, search));
  return lost;
}
