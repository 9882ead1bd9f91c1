import { parseArtifactKey } from "../core/artifact_key.ts";
import { type SourceKey, sourceKey, splitSourceKey } from "../core/source_key.ts";
import type { Objects } from "../objects/objects.ts";
import type { ArtifactStore, StoredInfo } from "../store/artifact_store.ts";
import { selectSweep } from "../store/sweep.ts";
import { deleteUnneeded, type UnneededOptions } from "./delete_unneeded.ts";
import type { StoreOwner } from "./store_owner.ts";

/** What a sweep works with. */
export interface SweepContext extends UnneededOptions {
  readonly objects: Pick<Objects, "sources" | "artifacts" | "readSource" | "readArtifact">;
  readonly store: Pick<ArtifactStore, "list" | "delete">;
  /** Whether it may delete; without one the store cannot be another cluster's. */
  readonly owner?: Pick<StoreOwner, "mayDelete"> | undefined;
  /** The only namespace that is watched, if there is but one. */
  readonly watchNamespace?: string;
  readonly signal: AbortSignal;
  /** A source that lives and has more than one artifact: its garbage may date from before a restart. */
  readonly onSurplus: (key: SourceKey) => void;
}

/** Removes the artifacts of sources that are gone; only what a live GET reports gone (DESIGN §8). */
export async function sweepStore(context: SweepContext): Promise<void> {
  if (await context.owner?.mayDelete() === false) return;
  const { objects, store, clock, ttlMs, watchNamespace, signal } = context;
  const stored: StoredInfo[] = [];
  for await (const info of store.list("artifacts/")) stored.push(info);
  reportSurplus(stored, context);
  const isSynced = objects.sources.state === "synced" && objects.artifacts.state !== "waiting";
  const candidates = selectSweep({
    stored,
    cachesSynced: isSynced,
    isWatched: ({ namespace }) => !watchNamespace || namespace === watchNamespace,
    isCached: (name) => objects.sources.get(sourceKey(name)) !== undefined,
    isNamed: (key) => isNamed(objects, key),
    ttlMs,
    now: clock.now(),
  });
  for (const [source, keys] of candidates) {
    if (signal.aborted) return;
    const name = splitSourceKey(source);
    if (await objects.readSource(name)) continue;
    // One outlives its source for as long as the garbage collector of Kubernetes takes.
    const artifact = objects.artifacts.state === "synced"
      ? await objects.readArtifact(name)
      : undefined;
    for (const key of keys) {
      if (artifact?.status.artifact?.path !== key) await deleteUnneeded(key, context);
    }
  }
}

/** Whether a cached object names an artifact key. */
export function isNamed(objects: Pick<Objects, "sources" | "artifacts">, key: string): boolean {
  const parts = parseArtifactKey(key);
  if (!parts) return false;
  const source = sourceKey(parts);
  return objects.sources.get(source)?.status.artifact?.path === key ||
    objects.artifacts.get(source)?.status.artifact?.path === key;
}

function reportSurplus(
  stored: readonly StoredInfo[],
  { objects, onSurplus }: Pick<SweepContext, "objects" | "onSurplus">,
): void {
  const counts = new Map<SourceKey, number>();
  for (const { key } of stored) {
    const parts = parseArtifactKey(key);
    if (parts) counts.set(sourceKey(parts), (counts.get(sourceKey(parts)) ?? 0) + 1);
  }
  for (const [source, count] of counts) {
    if (count > 1 && objects.sources.get(source)) onSurplus(source);
  }
}
