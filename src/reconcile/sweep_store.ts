import { parseArtifactKey } from "../core/artifact_key.ts";
import { type SourceKey, sourceKey, splitSourceKey } from "../core/source_key.ts";
import type { Objects } from "../objects/objects.ts";
import type { ArtifactStore, StoredInfo } from "../store/artifact_store.ts";
import { bySource, selectSweep, type StoredSource } from "../store/sweep.ts";
import { deletesAtOnce, deleteUnneeded, type UnneededOptions } from "./delete_unneeded.ts";
import { RequestPace } from "./request_pace.ts";
import type { StoreOwner } from "./store_owner.ts";
import { TaskPool } from "./task_pool.ts";

/** How long the answer to whose the store is counts, in milliseconds. */
const ownerCheckMs = 10_000;

/** What a sweep works with. */
export interface SweepContext extends UnneededOptions {
  readonly objects: Pick<Objects, "sources" | "artifacts" | "readSource" | "readArtifact">;
  readonly store: Pick<ArtifactStore, "list" | "delete">;
  /** Whether it may delete; without one the store cannot be another cluster's. */
  readonly owner?: Pick<StoreOwner, "mayDelete"> | undefined;
  /** Whether what a source has left is this replica's to look after, also when the source is gone; all unless told. */
  readonly owns?: (source: SourceKey) => boolean;
  /** The only namespace that is watched, if there is but one. */
  readonly watchNamespace?: string;
  readonly signal: AbortSignal;
  /** A source that lives and has more than one artifact: its garbage may date from before a restart. */
  readonly onSurplus: (key: SourceKey) => void;
}

/**
 * Removes the artifacts of sources that are gone; only what a live GET reports gone (DESIGN §8). Goes through the list
 * once, with what belongs to one source in memory.
 *
 * @returns false if nothing of what is stored was ours to look after
 * @throws what a request threw: until then nothing is deleted that a request did not allow
 */
export async function sweepStore(context: SweepContext): Promise<boolean> {
  const { objects, store, clock, owns = () => true, signal, onSurplus } = context;
  const [deletes, pace] = [new TaskPool(deletesAtOnce), new RequestPace(clock)];
  const mayDelete = lasting(context);
  if (!await mayDelete()) return true;
  let [ours, others] = [0, 0];
  try {
    for await (const { source, stored } of bySource(store.list("artifacts/"))) {
      if (signal.aborted) break;
      if (!owns(source)) {
        others++;
        continue;
      }
      ours++;
      if (stored.length > 1 && objects.sources.get(source)) onSurplus(source);
      const keys = candidates(stored, context);
      if (keys.length === 0) continue;
      await pace.next(signal);
      const unneeded = await ifGone({ source, keys }, context);
      if (unneeded.length > 0 && !await mayDelete()) break;
      for (const key of unneeded) {
        await deletes.start(async () => void await deleteUnneeded(key, context));
      }
    }
  } finally {
    await deletes.drained();
  }
  return ours > 0 || others === 0;
}

function candidates(stored: readonly StoredInfo[], context: SweepContext): string[] {
  const { objects, clock, ttlMs, watchNamespace } = context;
  return selectSweep(stored, {
    cachesSynced: objects.sources.state === "synced" && objects.artifacts.state !== "waiting",
    isWatched: ({ namespace }) => !watchNamespace || namespace === watchNamespace,
    isCached: (name) => objects.sources.get(sourceKey(name)) !== undefined,
    isNamed: (key) => isNamed(objects, key),
    ttlMs,
    now: clock.now(),
  });
}

/** Those keys of a source that live reads allow to delete. */
async function ifGone(
  { source, keys }: Pick<StoredSource, "source"> & { readonly keys: readonly string[] },
  { objects, signal }: Pick<SweepContext, "objects" | "signal">,
): Promise<readonly string[]> {
  const name = splitSourceKey(source);
  if (signal.aborted || await objects.readSource(name)) return [];
  // One outlives its source for as long as the garbage collector of Kubernetes takes.
  const artifact = objects.artifacts.state === "synced"
    ? await objects.readArtifact(name)
    : undefined;
  return keys.filter((key) => artifact?.status.artifact?.path !== key);
}

/** Whether anything may be deleted, asked again from time to time: another cluster may come to the store meanwhile. */
function lasting({ owner, clock }: Pick<SweepContext, "owner" | "clock">): () => Promise<boolean> {
  let askedAt = -Infinity;
  let answer = true;
  return async () => {
    if (owner && clock.now() - askedAt >= ownerCheckMs) {
      answer = await owner.mayDelete();
      askedAt = clock.now();
    }
    return answer;
  };
}

/** Whether a cached object names an artifact key. */
export function isNamed(objects: Pick<Objects, "sources" | "artifacts">, key: string): boolean {
  const parts = parseArtifactKey(key);
  if (!parts) return false;
  const source = sourceKey(parts);
  return objects.sources.get(source)?.status.artifact?.path === key ||
    objects.artifacts.get(source)?.status.artifact?.path === key;
}
