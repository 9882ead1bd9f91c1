import { parseArtifactKey } from "../core/artifact_key.ts";
import { type NamespacedName, type SourceKey, sourceKey } from "../core/source_key.ts";
import type { StoredInfo } from "./artifact_store.ts";

/** What a sweep may take into account before it asks the API server. */
export interface SweepOptions {
  /** Every key of the store: `list("artifacts/")`. */
  readonly stored: readonly StoredInfo[];
  /** Whether all caches have been filled once; before that every source looks gone. */
  readonly cachesSynced: boolean;
  /** Whether we would see a source if it existed: namespace and labels of our watch. */
  readonly isWatched: (source: NamespacedName) => boolean;
  /** Whether the cache has the source: it exists, so nobody need ask. */
  readonly isCached: (source: NamespacedName) => boolean;
  /** Whether an ExternalArtifact or the status of an ExternalSource names the key. */
  readonly isNamed: (key: string) => boolean;
  /** `--artifact-retention-ttl` */
  readonly ttlMs: number;
  /** Milliseconds since the Unix epoch. */
  readonly now: number;
}

/**
 * The keys to delete if their source is gone, by source (DESIGN §8). The caller asks for each source with a *live* GET,
 * and deletes its keys only on a clear 404: a cache, a selector or an error proves nothing.
 */
export function selectSweep(options: SweepOptions): ReadonlyMap<SourceKey, readonly string[]> {
  if (!options.cachesSynced) return new Map();
  const candidates = options.stored.flatMap(({ key, lastPut }) => {
    const source = parseArtifactKey(key);
    const isYoung = options.now - lastPut < options.ttlMs;
    if (!source || isYoung || options.isNamed(key)) return [];
    if (!options.isWatched(source) || options.isCached(source)) return [];
    return [{ source: sourceKey(source), key }];
  });
  const bySource = Map.groupBy(candidates, ({ source }) => source);
  return new Map([...bySource].map(([source, each]) => [source, each.map(({ key }) => key)]));
}
