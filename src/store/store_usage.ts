import type { ArtifactStore } from "./artifact_store.ts";

/** What a store holds. */
export interface StoreUsage {
  readonly artifacts: number;
  readonly bytes: number;
}

/**
 * Size and count of a store. It walks the whole list, because other replicas put into and delete from the same volume, so that a running
 * count would drift: for a timer of a minute or more, never for each scrape of the metrics.
 */
export async function storeUsage(store: Pick<ArtifactStore, "list">): Promise<StoreUsage> {
  let artifacts = 0;
  let bytes = 0;
  for await (const { size } of store.list("")) {
    artifacts++;
    bytes += size;
  }
  return { artifacts, bytes };
}
