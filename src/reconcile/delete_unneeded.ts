import type { Clock } from "../core/clock.ts";
import type { ArtifactStore } from "../store/artifact_store.ts";

/** How many deletes a collection or a sweep has under way. */
export const deletesAtOnce = 8;

/** What is looked at before a key is deleted. */
export interface UnneededOptions {
  readonly store: Pick<ArtifactStore, "delete">;
  readonly clock: Clock;
  /** `--artifact-retention-ttl`, milliseconds. */
  readonly ttlMs: number;
  /** Whether a key is published, or about to be. */
  readonly isWanted: (key: string) => boolean;
}

/**
 * Deletes a key that was chosen a while ago, unless it is needed again: an upstream that goes back to an old document
 * makes the same key, whose `put` refreshes its time.
 *
 * @returns whether it is gone
 */
export async function deleteUnneeded(key: string, options: UnneededOptions): Promise<boolean> {
  const { store, clock, ttlMs, isWanted } = options;
  if (isWanted(key)) return false;
  return await store.delete(key, { putBefore: clock.now() - ttlMs + 1 });
}
