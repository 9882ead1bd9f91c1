import type { StoredInfo } from "./artifact_store.ts";

/** What decides which artifacts of one source may go. Times are milliseconds since the Unix epoch. */
export interface GarbageOptions {
  /** Every key of the source: `list(artifactPrefix(source))`. */
  readonly stored: AsyncIterable<StoredInfo> | Iterable<StoredInfo>;
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
 * a consumer that has read the old status still downloads it. In memory are the newest only, so that a key is told as soon
 * as there are as many newer ones.
 */
export async function* selectGarbage(options: GarbageOptions): AsyncGenerator<string> {
  const { currentKey, records, ttlMs, now } = options;
  const newest: StoredInfo[] = [];
  for await (const info of options.stored) {
    const older = newest.findIndex(({ lastPut }) => lastPut < info.lastPut);
    newest.splice(older < 0 ? newest.length : older, 0, info);
    const next = newest.length > records ? newest.pop() : undefined;
    if (!next || next.key === currentKey) continue;
    const neededAt = options.replacedAt.get(next.key) ?? options.startedAt;
    if (now - Math.max(next.lastPut, neededAt) >= ttlMs) yield next.key;
  }
}
