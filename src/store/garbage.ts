import type { StoredInfo } from "./artifact_store.ts";

/** What decides which artifacts of one source may go. Times are milliseconds since the Unix epoch. */
export interface GarbageOptions {
  /** Every key of the source, from `list(artifactPrefix(source))`. */
  readonly stored: readonly StoredInfo[];
  /** The key in a *live* read of status.artifact; undefined if nothing is published. */
  readonly currentKey: string | undefined;
  /** `--artifact-retention-records` */
  readonly records: number;
  /** `--artifact-retention-ttl` */
  readonly ttlMs: number;
  readonly now: number;
  /** When this process saw a key stop being the current one. */
  readonly replacedAt: ReadonlyMap<string, number>;
  /** Since when this process has watched: a key it did not see replaced may have been current until then. */
  readonly startedAt: number;
}

/**
 * The keys of a source that nobody needs any more (DESIGN §8). Spared are the current key, the newest `records` by their
 * last put (the current one counts among them), and every key that was put, or may have been current, within the TTL:
 * a consumer that has read the old status still downloads it.
 */
export function selectGarbage(options: GarbageOptions): string[] {
  const { stored, currentKey, records, ttlMs, now } = options;
  const newestFirst = stored.toSorted((a, b) => b.lastPut - a.lastPut);
  const newest = new Set(newestFirst.slice(0, records).map(({ key }) => key));
  const neededAt = ({ key, lastPut }: StoredInfo) =>
    Math.max(lastPut, options.replacedAt.get(key) ?? options.startedAt);
  return stored
    .filter((info) => info.key !== currentKey && !newest.has(info.key))
    .filter((info) => now - neededAt(info) >= ttlMs)
    .map(({ key }) => key);
}
