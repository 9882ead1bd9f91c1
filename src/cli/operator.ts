import { setImmediate } from "node:timers/promises";
import { parseArtifactKey } from "../core/artifact_key.ts";
import { pause } from "../core/pause.ts";
import type { ExternalSource } from "../core/external_source.ts";
import { type NamespacedName, type SourceKey, sourceKey } from "../core/source_key.ts";
import { fencedObjects } from "../objects/fenced_objects.ts";
import type { ObjectChange } from "../objects/objects.ts";
import { FirstRuns } from "./first_runs.ts";
import { keepStore } from "./keep_store.ts";
import { delaysOf } from "./operator_delays.ts";
import type { OperatorParts } from "./operator_parts.ts";
import { StoreRepairs } from "./store_repairs.ts";
import { TakenSources } from "./taken_sources.ts";
import type { RingChange } from "../shard/ring.ts";
import type { HostSample } from "../core/host_sample.ts";
import { RequestLimits } from "../queue/request_limits.ts";
import { NamespaceSlots } from "../queue/namespace_slots.ts";
import { WorkerSlots } from "../queue/worker_slots.ts";
import { type RunContext, type RunResult, WorkQueue } from "../queue/work_queue.ts";
import { reactionTo } from "../reconcile/change_filter.ts";
import { findLost } from "../reconcile/find_lost.ts";
import { GarbageCollector } from "../reconcile/garbage_collector.ts";
import type { ReconcileContext } from "../reconcile/reconcile_context.ts";
import { type ReconcileResult, reconcileSource } from "../reconcile/reconcile_source.ts";
import { isWanted } from "../reconcile/is_wanted.ts";
import type { SourceMemories } from "../reconcile/source_memory.ts";
import { isNamed } from "../reconcile/sweep_store.ts";
import { publishedArtifact } from "../reconcile/published_artifact.ts";

/** Artifacts that other replicas are asked to hold at a time. */
const spreadAtOnce = 8;
/** Sources that are looked at in one turn of the event loop. */
const lookedAtOnce = 500;

/** Watch → queue → reconcile → requeue, over any objects and any store; the same for `controller` and `local`. */
export class Operator {
  readonly #parts: OperatorParts;
  readonly #memories: SourceMemories = new Map();
  readonly #queue: WorkQueue<SourceKey>;
  readonly #context: ReconcileContext & { readonly memories: SourceMemories };
  readonly #garbage: GarbageCollector;
  readonly #limits: RequestLimits;
  readonly #hookSlots: NamespaceSlots;
  readonly #repairs: StoreRepairs;
  readonly #ending = new AbortController();
  readonly #taken = new TakenSources();
  readonly #firstRuns: FirstRuns;
  /** Of the sources that are worked on. */
  readonly #holds = new Map<SourceKey, () => boolean>();
  #synced = false;

  constructor(parts: OperatorParts) {
    const { clock, settings, stages, objects } = parts;
    this.#parts = parts;
    this.#limits = limitsOf(parts);
    this.#queue = new WorkQueue({ clock, observer: parts.queueObserver });
    this.#garbage = this.#createGarbage();
    const limits = this.#limits;
    const workers = new WorkerSlots(settings.concurrent);
    this.#hookSlots = new NamespaceSlots(workers, Math.ceil(settings.concurrent / 4));
    this.#context = {
      ...stages,
      objects,
      ownership: { self: parts.role.members.name, unfenced: this.#taken.unfenced },
      clock,
      newSpoolFile: () => `${settings.spoolDirectory}/${crypto.randomUUID()}`,
      memories: this.#memories,
      settings: { ...settings, maxAttempts: settings.retryMaxAttempts },
      delays: delaysOf(parts),
      requestSlot: (slot, signal) => limits.acquire(slot, signal),
      workerSlot: (priority, signal) => workers.acquire({ priority }, signal),
      hookSlot: (slot, signal) => this.#hookSlots.acquire(slot, signal),
      recordEvent: parts.recordEvent,
      collectLater: (key, replaced) => this.#garbage.collectLater(key, replaced),
    };
    const { newSpoolFile, delays: { backoff } } = this.#context;
    const fetch = (key: SourceKey) => this.#queue.add(key, { priority: "triggered" });
    const repairs = { operator: parts, newSpoolFile, backoff, fetch };
    this.#repairs = new StoreRepairs(repairs, this.#ending.signal);
    this.#firstRuns = new FirstRuns({
      operator: parts,
      context: this.#context,
      queue: this.#queue,
      taken: this.#taken,
      holdHost: (hold) => limits.hold(hold, hold.holdMs),
      isLost: (key) => this.#repairs.isLost(key),
    });
  }

  #createGarbage(): GarbageCollector {
    const { objects, stages: { store }, storeOwner, clock, settings, onProblem } = this.#parts;
    return new GarbageCollector({
      objects,
      store,
      owner: storeOwner,
      clock,
      ttlMs: settings.artifactRetentionTtl,
      records: settings.artifactRetentionRecords,
      isWanted: this.#isWanted,
      owns: this.#collects,
      onProblem,
    });
  }

  /** Runs until `signal` aborts; resolves when nothing of it is left. */
  async run(signal: AbortSignal): Promise<void> {
    signal.addEventListener("abort", () => this.#ending.abort(), { once: true });
    const { objects } = this.#parts;
    const synced = Promise.withResolvers<void>();
    signal.addEventListener("abort", () => synced.resolve(), { once: true });
    const watching = objects.watch((change) => {
      this.#react(change);
      if (this.isSynced) synced.resolve();
    }, signal);
    const poll = this.#whenSynced(synced.resolve, signal);
    await synced.promise;
    if (!signal.aborted) await this.#work(signal);
    await Promise.all([watching, poll]);
    await this.#garbage.stop();
  }

  /** Whether every cache can be relied on. */
  get isSynced(): boolean {
    const { sources, artifacts } = this.#parts.objects;
    return sources.state === "synced" && artifacts.state !== "waiting";
  }

  /** Keys that are due and do not run yet. */
  get queueDepth(): number {
    return this.#queue.depth;
  }

  /** How long each run that is going on has lasted, in milliseconds. */
  get runningMs(): readonly number[] {
    return this.#queue.runningMs;
  }

  /** Upstream requests going on. */
  get requestsInFlight(): number {
    return this.#limits.inFlight;
  }

  /** Hosts that somebody waits for, or that want a pace. Made when asked. */
  get hostPaces(): readonly HostSample[] {
    return this.#limits.hosts;
  }

  /** How many runs of hooks are going on, and how many wait for a worker. */
  get hooks(): Pick<NamespaceSlots, "held" | "waiting"> {
    return this.#hookSlots;
  }

  /** When a source is run next, in milliseconds since the epoch. */
  plannedAt(key: SourceKey): number | undefined {
    return this.#queue.plannedAt(key);
  }

  /** Whether a published object names this artifact key. */
  isNamed(key: string): boolean {
    return isNamed(this.#parts.objects, key);
  }

  /** When the owner of the source of an artifact key has ended, if that was of late; milliseconds since the epoch. */
  ownerLostAt(key: string): number | undefined {
    const { objects, role: { members }, clock } = this.#parts;
    const parts = parseArtifactKey(key);
    const source = parts && objects.sources.get(sourceKey(parts));
    const sinceMs = source && members.msSinceOwnerEnded(source.metadata.uid);
    return sinceMs === undefined ? undefined : clock.now() - sinceMs;
  }

  /** A published artifact was asked for and is nowhere: its source is fetched again. */
  rebuild(key: string): void {
    const parts = parseArtifactKey(key);
    if (parts) this.#queue.add(sourceKey(parts), { priority: "triggered" });
  }

  /** The store gave other bytes under a key than were put there. */
  mend(artifactKey: string): void {
    this.#repairs.mend(artifactKey);
  }

  /** What every source publishes is looked at again: its URL may have to change. */
  async republish(): Promise<void> {
    let seen = 0;
    for (const key of this.#parts.objects.sources.keys()) {
      if (++seen % lookedAtOnce === 0) await setImmediate();
      this.#queue.add(key);
    }
  }

  /**
   * Other sources may be ours now: what came to us, or waited until we may write, is looked at. Work on one that is another
   * replica's now, or was meanwhile, ends: it would undo what that one has published, and until then stand in the way.
   */
  takeOver(change: RingChange): void {
    const { objects, role: { members } } = this.#parts;
    this.#firstRuns.note(change);
    if (!this.#synced) return;
    for (const [key, holds] of this.#holds) {
      const uid = objects.sources.get(key)?.metadata.uid;
      const isStale = members.mayWrite() && !holds();
      if (isStale || (uid !== undefined && !members.owns(uid))) this.#queue.forget(key);
    }
    void this.#firstRuns.plan();
  }

  /** Other replicas get what they lack of what this one publishes, several artifacts at once. */
  async spreadCopies(): Promise<void> {
    const { objects, role: { members }, stages: { copies, store } } = this.#parts;
    const keys = objects.sources.keys();
    const spread = async () => {
      for (const key of keys) {
        const source = objects.sources.get(key);
        const artifact = source && members.owns(source.metadata.uid) && publishedArtifact(source);
        // What is not here yet is spread when it is fetched.
        if (artifact && await store.stat(artifact.path)) await copies.spread(artifact.path);
      }
    };
    await Promise.all(Array.from({ length: spreadAtOnce }, spread))
      .catch((error) => this.#parts.onProblem("let other replicas hold copies", error));
  }

  /** Another whitelist is in force: what the last one refused is tried again. */
  retryRefused(): void {
    for (const [key, { refusedUnder }] of this.#memories) {
      if (refusedUnder !== undefined) this.#queue.add(key);
    }
  }

  /** The key that a source publishes now. */
  currentKey(name: NamespacedName): string | undefined {
    const source = this.#parts.objects.sources.get(sourceKey(name));
    return source && publishedArtifact(source)?.path;
  }

  /** Whether the garbage of a source is ours to collect; one that is gone is owned by its name. */
  #collects = (key: SourceKey): boolean => {
    const { objects, role: { isStoreShared, members } } = this.#parts;
    const uid = objects.sources.get(key)?.metadata.uid;
    return !isStoreShared || members.owns(uid ?? key);
  };

  #isWanted = (key: string): boolean =>
    isWanted(key, { objects: this.#parts.objects, memories: this.#memories });

  // An empty cluster tells no change, so the state has to be looked at.
  async #whenSynced(resolve: () => void, signal: AbortSignal): Promise<void> {
    while (!signal.aborted && !this.isSynced) await pause(20, this.#parts.clock, signal);
    resolve();
  }

  async #work(signal: AbortSignal): Promise<void> {
    // A second cluster on one store has to show itself before the first deletes what it puts; no work waits for a dead store.
    void this.#parts.storeOwner?.mayDelete();
    this.#parts.onSynced?.();
    const { objects, stages: { store }, role: { isStoreShared } } = this.#parts;
    // What all replicas see does not get lost in a restart of one.
    const lost = isStoreShared ? [] : await findLost({ objects, store });
    for (const key of lost) this.#repairs.lose(key);
    this.#synced = true;
    void this.#firstRuns.plan();
    const running = this.#queue.run((key, run) => this.#reconcile(key, run), signal);
    await Promise.all([running, this.#keepStore(signal)]);
  }

  #react(change: ObjectChange): void {
    if (!this.#synced) return; // the first runs are planned from the whole cache
    const { objects, role: { members } } = this.#parts;
    const [source, artifact] = [objects.sources.get(change.key), objects.artifacts.get(change.key)];
    if (source && !members.owns(source.metadata.uid)) return this.#followOther(change, source);
    const reaction = reactionTo(change, { memories: this.#memories, source, artifact });
    if (reaction !== "ignore") {
      const priority = reaction === "reconcile-urgently" ? "triggered" : "due";
      this.#queue.add(change.key, { priority });
    }
  }

  /** Another replica reconciles a source: what it replaces is garbage here too, where each replica has its own store. */
  #followOther({ key, kind, before }: ObjectChange, source: ExternalSource): void {
    this.#memories.delete(key);
    if (kind !== "ExternalSource" || !before || this.#parts.role.isStoreShared) return;
    const replaced = publishedArtifact(before as ExternalSource);
    if (replaced && replaced.path !== source.status.artifact?.path) {
      this.#garbage.collectLater(key, replaced);
    }
  }

  async #reconcile(key: SourceKey, run: RunContext): Promise<RunResult> {
    const { objects, role: { members } } = this.#parts;
    const source = objects.sources.get(key);
    const holds = members.hold(source?.metadata.uid ?? "");
    if (source) this.#taken.look(key, source);
    if (source && !holds()) {
      if (!members.owns(source.metadata.uid)) this.#memories.delete(key);
      return { requeueAt: undefined }; // it is added again with the next change of the members
    }
    this.#holds.set(key, holds);
    const context = { ...this.#context, objects: fencedObjects(objects, holds) };
    const { requeueAt, outcome, isHeld = false } = await this.#parts.observe(
      key,
      () => reconcileSource(key, context, run),
    ).finally(() => this.#holds.delete(key));
    this.#repairs.found(key);
    if (outcome.kind === "gone") {
      this.#parts.onForgotten(key);
      this.#taken.unfenced.delete(key);
      this.#garbage.collectGone(key);
    }
    if (isHeld) return { requeueAt, priority: run.priority };
    return { requeueAt, priority: hasFailed(outcome) ? "retried" : "due" };
  }

  #keepStore(signal: AbortSignal): Promise<void> {
    const { objects, stages, storeOwner, clock, settings } = this.#parts;
    return keepStore({
      signal,
      scrub: this.#repairs.scrub(),
      sweep: {
        ...{ objects, clock, store: stages.store, owner: storeOwner },
        ttlMs: settings.artifactRetentionTtl,
        watchNamespace: settings.watchNamespace,
        isWanted: this.#isWanted,
        owns: this.#collects,
        onSurplus: (key) => this.#garbage.collectLater(key, undefined),
      },
    });
  }
}

function limitsOf({ settings, steadyClock, limitsObserver = {} }: OperatorParts): RequestLimits {
  return new RequestLimits({
    total: settings.maxRequests,
    clock: steadyClock,
    observer: limitsObserver,
  });
}

function hasFailed({ kind }: ReconcileResult["outcome"]): boolean {
  return kind === "failed" || kind === "unwritten";
}
