import assert from "node:assert/strict";
import { requestedAtAnnotation } from "../src/core/api_names.ts";
import type { Artifact } from "../src/core/artifact.ts";
import { type Condition, findCondition } from "../src/core/condition.ts";
import type { ExternalArtifact } from "../src/core/external_artifact.ts";
import type { ExternalSource } from "../src/core/external_source.ts";
import { HostHeldError } from "../src/core/host_held_error.ts";
import type { HostLimits } from "../src/core/host_limits.ts";
import { type SourceKey, sourceKey } from "../src/core/source_key.ts";
import { createHookStage } from "../src/hooks/hook_stage.ts";
import { packDocument } from "../src/pack/pack_document.ts";
import type { Ownership } from "../src/reconcile/ownership.ts";
import type { ReconcileContext, RequestResult } from "../src/reconcile/reconcile_context.ts";
import { type ReconcileResult, reconcileSource } from "../src/reconcile/reconcile_source.ts";
import type { SourceMemories } from "../src/reconcile/source_memory.ts";
import { type ArtifactCopies, noCopies } from "../src/reconcile/artifact_copies.ts";
import { artifactUrl } from "../src/publish/artifact_url.ts";
import type { ArtifactStore } from "../src/store/artifact_store.ts";
import { MemoryStore } from "../src/store/memory_store.ts";
import { checkArtifactStatus, checkStatus } from "./laws/status.ts";
import { ManualClock } from "./manual_clock.ts";
import { type Call, MemoryObjects } from "./memory_objects.ts";
import { ScriptedHookRunner } from "./scripted_hook_runner.ts";
import { ScriptedUpstream } from "./scripted_upstream.ts";

export const minute = 60_000;
export const name = { namespace: "team", name: "config" };
export const key: SourceKey = sourceKey(name);

/** What a run did to the world. */
export interface Told {
  readonly result: ReconcileResult;
  /** Writes to the API server, in order. */
  readonly writes: readonly Call[];
  /** How often the upstream was asked. */
  readonly fetches: number;
  /** How often the store was put to. */
  readonly puts: number;
  /** `reason kind` of each event. */
  readonly events: readonly string[];
}

/** The real parts of one reconcile around a source `team/config`, with an upstream and a time that a test moves. */
export class ReconcileWorld implements AsyncDisposable {
  readonly clock = new ManualClock();
  readonly objects = new MemoryObjects();
  readonly upstream = new ScriptedUpstream();
  readonly hooks = new ScriptedHookRunner();
  readonly collected: (Artifact | undefined)[] = [];
  memories: SourceMemories = new Map();
  store: ArtifactStore = new MemoryStore(2 ** 20, this.clock);
  urlBase = "http://artifacts:8080";
  maxAttempts = 3;
  maxSourceSize = 2 ** 20;
  /** The hosts that requests waited for. */
  readonly requestSlots: string[] = [];
  /** How requests ended, and what their answers said of the host. */
  readonly released: (readonly [RequestResult, HostLimits | undefined])[] = [];
  /** Milliseconds for which no host takes a request. */
  holdMs = 0;
  /** Awaited before a request gets its slot. */
  onRequestSlot: () => void | Promise<void> = () => {};
  /** Slots for hooks that are held now. */
  hookSlots = 0;
  copies: ArtifactCopies = noCopies;
  ownership: Ownership = { self: undefined, unfenced: new Set() };
  /** What the operator still holds of a failed put. */
  held: ReconcileContext["held"] = () => undefined;
  readonly #spool: string;
  readonly #abort = new AbortController();
  #puts = 0;

  private constructor(spool: string) {
    this.#spool = spool;
  }

  /** @param spec fields that differ from a valid one */
  static async create(spec: Readonly<Record<string, unknown>> = {}): Promise<ReconcileWorld> {
    const world = new ReconcileWorld(await Deno.makeTempDir());
    void world.objects.watch(() => {}, world.#abort.signal);
    world.objects.createSource({ ...name, spec: specWith(spec) });
    return world;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#abort.abort();
    await Deno.remove(this.#spool, { recursive: true });
  }

  /** One reconcile, after which the laws hold and no temporary file is left. */
  async run(signal: AbortSignal = this.#abort.signal): Promise<Told> {
    const { objects, upstream } = this;
    const [puts, events] = [this.#puts, objects.events.length];
    objects.calls.length = 0;
    upstream.requests.length = 0;
    try {
      const run = { priority: "due", dueAt: this.clock.now(), signal } as const;
      const result = await reconcileSource(key, this.context(), run);
      assert.equal(result.fetched, upstream.requests.length > 0, "it says whether it has fetched");
      return {
        result,
        writes: objects.writes,
        fetches: upstream.requests.length,
        puts: this.#puts - puts,
        events: objects.events.slice(events).map(({ reason, involvedObject: { kind } }) =>
          `${reason} ${kind}`
        ),
      };
    } finally {
      this.#checkLaws();
      assert.deepEqual([...Deno.readDirSync(this.#spool)], []);
      assert.equal(this.clock.pending, 0);
    }
  }

  /** Moves time to when the last result wants to run again, and runs. */
  async runAgain({ result: { requeueAt } }: Told): Promise<Told> {
    assert.ok(requeueAt !== undefined, "nothing is planned");
    await this.clock.advance(requeueAt - this.clock.now());
    return await this.run();
  }

  /** A new process: nothing is remembered. */
  restart(): void {
    this.memories = new Map();
  }

  /** Another party changes fields of the spec; undefined removes one. */
  changeSpec(fields: Readonly<Record<string, unknown>>): void {
    this.objects.editSource(name, (source) => ({
      ...source,
      spec: { ...source.spec as Record<string, unknown>, ...fields },
    }));
  }

  requestSource(at: string): void {
    this.objects.editSource(name, ({ metadata, ...rest }) => ({
      ...rest,
      metadata: { ...metadata, annotations: { [requestedAtAnnotation]: at } },
    }));
  }

  requestArtifact(at: string): void {
    this.objects.markArtifact(name, { annotations: { [requestedAtAnnotation]: at } });
  }

  get source(): ExternalSource {
    return this.objects.sources.live(key)!;
  }

  get artifact(): ExternalArtifact | undefined {
    return this.objects.artifacts.live(key);
  }

  condition(type: string): Condition | undefined {
    return findCondition(this.source.status.conditions ?? [], type);
  }

  /** The conditions of the source as `Type=Status/Reason`. */
  get conditions(): string[] {
    return (this.source.status.conditions ?? []).map(say);
  }

  /** Those of the ExternalArtifact. */
  get artifactConditions(): string[] {
    return (this.artifact?.status.conditions ?? []).map(say);
  }

  context(): ReconcileContext & { readonly memories: SourceMemories } {
    const { objects, clock, store, memories, urlBase, maxAttempts, maxSourceSize, held } = this;
    return {
      objects,
      clock,
      ownership: this.ownership,
      memories,
      held,
      generators: { http: this.upstream },
      hooks: createHookStage({
        runner: this.hooks,
        whitelist: this.hooks.whitelist,
        missing: () => "there is no whitelist",
      }),
      pack: packDocument,
      store: new Proxy(store, {
        get: (target, property) => {
          if (property === "put") this.#puts++;
          const value: unknown = Reflect.get(target, property, target);
          return typeof value === "function" ? value.bind(target) : value;
        },
      }),
      settings: { minInterval: minute, maxAttempts, maxSourceSize, hookTimeout: 30_000 },
      urlOf: (key) => artifactUrl(urlBase, key),
      copies: this.copies,
      newSpoolFile: () => `${this.#spool}/${crypto.randomUUID()}`,
      delays: {
        backoff: (failures) => 1_000 * 2 ** (failures - 1),
        secretBackoff: (failures) => 2_000 * failures,
        asked: (askedMs) => askedMs + 500,
        interval: (intervalMs) => intervalMs,
        spread: (_, intervalMs) => intervalMs / 2,
      },
      requestSlot: async ({ host }) => {
        this.requestSlots.push(host);
        if (this.holdMs > 0) throw new HostHeldError(this.holdMs);
        await this.onRequestSlot();
        return (result, limits) => void this.released.push([result, limits]);
      },
      workerSlot: () => Promise.resolve(() => {}),
      hookSlot: () => {
        this.hookSlots++;
        return Promise.resolve(() => void this.hookSlots--);
      },
      recordEvent: (event) => void objects.recordEvent(event),
      collectLater: (_, replaced) => void this.collected.push(replaced),
    };
  }

  #checkLaws(): void {
    const source = this.objects.sources.live(key);
    if (!source) return;
    const isGo = (artifact: Artifact | undefined) => artifact?.metadata?.["created"] !== undefined;
    const context = { object: name, generation: source.metadata.generation };
    if (!isGo(source.status.artifact)) checkStatus(source.status, context);
    const { artifact } = this;
    if (!artifact || isGo(artifact.status.artifact)) return;
    checkArtifactStatus(artifact.status, {
      object: name,
      generation: artifact.metadata.generation,
    });
  }
}

/** A spec that asks every five minutes. */
export function specWith(fields: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const generator = { type: "http", http: { url: "http://upstream.test/file.json" } };
  return { interval: "5m", generator, ...fields };
}

function say({ type, status, reason }: Condition): string {
  return `${type}=${status}/${reason}`;
}
