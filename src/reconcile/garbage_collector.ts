import type { Artifact } from "../core/artifact.ts";
import { artifactPrefix } from "../core/artifact_key.ts";
import { type NamespacedName, type SourceKey, splitSourceKey } from "../core/source_key.ts";
import type { Objects } from "../objects/objects.ts";
import type { ArtifactStore } from "../store/artifact_store.ts";
import { selectGarbage } from "../store/garbage.ts";
import { deletesAtOnce, deleteUnneeded, type UnneededOptions } from "./delete_unneeded.ts";
import type { StoreOwner } from "./store_owner.ts";
import { publishedArtifact } from "./published_artifact.ts";
import { TaskPool } from "./task_pool.ts";

/** A second beyond the TTL, so that a collection finds what has just become old enough; milliseconds. */
const marginMs = 1_000;

/** What a collector works with. */
export interface GarbageOptions extends UnneededOptions {
  readonly objects: Pick<Objects, "readSource" | "readArtifact"> & {
    readonly sources: Pick<Objects["sources"], "get">;
    readonly artifacts: Pick<Objects["artifacts"], "state">;
  };
  readonly store: Pick<ArtifactStore, "list" | "delete">;
  /** Whether it may delete; without one the store cannot be another cluster's. */
  readonly owner?: Pick<StoreOwner, "mayDelete"> | undefined;
  /** Whether what a source has left is this replica's to look after, also when the source is gone; all unless told. */
  readonly owns?: (source: SourceKey) => boolean;
  /** `--artifact-retention-records` */
  readonly records: number;
  readonly onProblem: (action: string, error: unknown) => void;
}

interface Garbage {
  /** Chosen while they are deleted: a source may have any number. */
  readonly keys: AsyncIterable<string>;
  /** Whether the source is gone and nothing has to be known of it any more. */
  readonly isLast: boolean;
}

/** A collection to come. Another one asked for meanwhile follows it: postponing it instead could go on for ever. */
interface Plan {
  readonly cancel: () => void;
  /** When the last artifact replaced so far is old enough, in milliseconds since the epoch. */
  neededAt: number;
}

/** Removes what a source does not publish any more, once the TTL has passed (DESIGN §8). */
export class GarbageCollector {
  readonly #options: GarbageOptions;
  readonly #startedAt: number;
  readonly #planned = new Map<SourceKey, Plan>();
  /** When this process saw a key stop being the current one; forgotten when the key is deleted. */
  readonly #replacedAt = new Map<string, number>();
  /** When this process learned that a source is gone, until a collection has come to it. */
  readonly #goneAt = new Map<SourceKey, number>();
  readonly #running = new Set<Promise<void>>();
  #isStopped = false;

  constructor(options: GarbageOptions) {
    this.#options = options;
    this.#startedAt = options.clock.now();
  }

  /** Plans a collection for when the TTL has passed. `replaced` is what was current until now. */
  collectLater(key: SourceKey, replaced: Artifact | undefined): void {
    const { clock, ttlMs } = this.#options;
    const now = clock.now();
    if (replaced?.path) this.#replacedAt.set(replaced.path, now);
    const neededAt = now + ttlMs + marginMs;
    const plan = this.#planned.get(key);
    if (plan) plan.neededAt = neededAt;
    else this.#plan(key, neededAt);
  }

  /** Plans the collection of all that a source has left that is gone since now; one of its name may follow it. */
  collectGone(key: SourceKey): void {
    this.#goneAt.set(key, this.#options.clock.now());
    this.collectLater(key, undefined);
  }

  #plan(key: SourceKey, at: number): void {
    const { clock } = this.#options;
    const cancel = clock.schedule(() => {
      const neededAt = this.#planned.get(key)?.neededAt ?? at;
      this.#planned.delete(key);
      if (neededAt > at) this.#plan(key, neededAt);
      this.#run(key);
    }, at - clock.now());
    this.#planned.set(key, { cancel, neededAt: at });
  }

  #run(key: SourceKey): void {
    const running = this.collect(key)
      .catch((error) => this.#options.onProblem(`collect the garbage of "${key}"`, error))
      .finally(() => this.#running.delete(running));
    this.#running.add(running);
  }

  /** Collects the garbage of one source now. Chooses from a live read: a cache may lag behind what is published. */
  async collect(key: SourceKey): Promise<void> {
    const { owns = () => true, owner } = this.#options;
    if (!owns(key)) return this.#forget(key);
    const garbage = await this.#choose(key);
    const deletes = new TaskPool(deletesAtOnce);
    let isAllowed: boolean | undefined;
    try {
      for await (const each of garbage?.keys ?? []) {
        // A collection that is refused is made up for by a sweep, which reports what has too many artifacts.
        isAllowed ??= await owner?.mayDelete() ?? true;
        if (this.#isStopped || !isAllowed) break;
        await deletes.start(() => this.#delete(each));
      }
    } finally {
      await deletes.drained();
    }
    if (garbage?.isLast) this.#forget(key);
  }

  async #delete(key: string): Promise<void> {
    if (this.#isStopped) return;
    if (await deleteUnneeded(key, this.#options)) this.#replacedAt.delete(key);
  }

  async #choose(key: SourceKey): Promise<Garbage | undefined> {
    const { objects, store, clock, ttlMs, records } = this.#options;
    const name = splitSourceKey(key);
    const goneAt = this.#takeGone(key);
    const source = await objects.readSource(name);
    // That it is gone the watch is about to tell: the TTL counts from then.
    const isKnown = goneAt !== undefined && objects.artifacts.state !== "waiting";
    if (!source && !isKnown) return undefined;
    // It has left what we watch: whoever looks after it now knows since when each key is not current.
    if (source && !objects.sources.get(key)) return undefined;
    const keys = selectGarbage({
      stored: store.list(artifactPrefix(name)),
      currentKey: source ? publishedArtifact(source)?.path : await this.#outliving(name),
      records: source ? records : 0,
      ttlMs,
      now: clock.now(),
      replacedAt: this.#replacedAt,
      startedAt: Math.max(this.#startedAt, goneAt ?? 0),
    });
    return { keys, isLast: !source && !this.#goneAt.has(key) };
  }

  /** When a source was found gone; not needed any more once the TTL has passed. */
  #takeGone(key: SourceKey): number | undefined {
    const { clock, ttlMs } = this.#options;
    const goneAt = this.#goneAt.get(key);
    if (goneAt !== undefined && clock.now() - goneAt >= ttlMs) this.#goneAt.delete(key);
    return goneAt;
  }

  /** What an ExternalArtifact names that has outlived its source: for a while until Kubernetes has removed it, or for good. */
  async #outliving(name: NamespacedName): Promise<string | undefined> {
    const { objects } = this.#options;
    if (objects.artifacts.state !== "synced") return undefined;
    return (await objects.readArtifact(name))?.status.artifact?.path;
  }

  #forget(key: SourceKey): void {
    this.#goneAt.delete(key);
    const prefix = artifactPrefix(splitSourceKey(key));
    for (const each of this.#replacedAt.keys()) {
      if (each.startsWith(prefix)) this.#replacedAt.delete(each);
    }
  }

  /** Drops what is planned and lets no collection begin another delete; resolves when none runs any more. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    for (const { cancel } of this.#planned.values()) cancel();
    this.#planned.clear();
    await Promise.all(this.#running);
  }
}
