import { parseArtifactKey } from "../core/artifact_key.ts";
import { type NamespacedName, type SourceKey, sourceKey } from "../core/source_key.ts";
import type { StoredInfo } from "./artifact_store.ts";

/** All that a store has of one source. */
export interface StoredSource {
  readonly source: SourceKey;
  readonly stored: readonly StoredInfo[];
}

/** A list, which is in the order of the keys, source by source; only one of them is in memory. */
export async function* bySource(list: AsyncIterable<StoredInfo>): AsyncGenerator<StoredSource> {
  let source: SourceKey | undefined;
  let stored: StoredInfo[] = [];
  for await (const info of list) {
    const parts = parseArtifactKey(info.key);
    if (!parts) continue;
    const next = sourceKey(parts);
    if (source !== undefined && next !== source) {
      yield { source, stored };
      stored = [];
    }
    source = next;
    stored.push(info);
  }
  if (source !== undefined) yield { source, stored };
}

/** What a sweep may take into account before it asks the API server. */
export interface SweepOptions {
  /** Whether all caches have been filled once; before that every source looks gone. */
  readonly cachesSynced: boolean;
  /** Whether we would see a source if it existed: the namespace of our watch. */
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
 * The keys to delete if their source is gone (DESIGN §8). The caller asks for the source with a *live* GET, and deletes
 * them only on a clear 404: a cache, a selector or an error proves nothing.
 */
export function selectSweep(stored: readonly StoredInfo[], options: SweepOptions): string[] {
  if (!options.cachesSynced) return [];
  return stored
    .filter(({ key, lastPut }) => {
      const source = parseArtifactKey(key);
      const isYoung = options.now - lastPut < options.ttlMs;
      if (!source || isYoung || options.isNamed(key)) return false;
      return options.isWatched(source) && !options.isCached(source);
    })
    .map(({ key }) => key);
}
