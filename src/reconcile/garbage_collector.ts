import type { Artifact } from "../core/artifact.ts";
import { artifactPrefix } from "../core/artifact_key.ts";
import type { Clock } from "../core/clock.ts";
import { type NamespacedName, type SourceKey, splitSourceKey } from "../core/source_key.ts";
import type { Objects } from "../objects/objects.ts";
import type { ArtifactStore, StoredInfo } from "../store/artifact_store.ts";
import { selectGarbage } from "../store/garbage.ts";
import type { StoreOwner } from "./store_owner.ts";
import { publishedArtifact } from "./published_artifact.ts";

/** A second beyond the TTL, so that a collection finds what has just become old enough; milliseconds. */
const marginMs = 1_000;

/** What a collector works with. */
export interface GarbageOptions {
  readonly objects: Pick<Objects, "readSource">;
  readonly store: Pick<ArtifactStore, "list" | "delete">;
  /** Whether it may delete; without one the store cannot be another cluster's. */
  readonly owner?: Pick<StoreOwner, "mayDelete"> | undefined;
  readonly clock: Clock;
  /** `--artifact-retention-ttl`, milliseconds. */
  readonly ttlMs: number;
  /** `--artifact-retention-records` */
  readonly records: number;
  readonly onProblem: (action: string, error: unknown) => void;
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
    const { objects, store, owner, clock, ttlMs, records } = this.#options;
    const name = splitSourceKey(key);
    const source = await objects.readSource(name);
    if (!source) return this.#forget(name); // the sweep decides about what nobody owns
    const stored: StoredInfo[] = [];
    for await (const info of store.list(artifactPrefix(name))) stored.push(info);
    const currentKey = publishedArtifact(source)?.path;
    const facts = { stored, currentKey, records, ttlMs, now: clock.now() };
    const garbage = selectGarbage({
      ...facts,
      replacedAt: this.#replacedAt,
      startedAt: this.#startedAt,
    });
    // A collection that is refused is made up for by a sweep, which reports what has too many artifacts.
    if (garbage.length === 0 || await owner?.mayDelete() === false) return;
    for (const each of garbage) {
      if (this.#isStopped) return;
      await store.delete(each);
      this.#replacedAt.delete(each);
    }
  }

  #forget(name: NamespacedName): void {
    const prefix = artifactPrefix(name);
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
