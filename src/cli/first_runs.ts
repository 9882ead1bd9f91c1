import { setImmediate } from "node:timers/promises";
import type { ExternalSource } from "../core/external_source.ts";
import type { SourceKey } from "../core/source_key.ts";
import { firstFetchDelay } from "../queue/schedule.ts";
import type { WorkQueue } from "../queue/work_queue.ts";
import { isFetchedFirst, type RememberedHold, rememberedHold } from "../reconcile/first_fetch.ts";
import type { ReconcileContext } from "../reconcile/reconcile_context.ts";
import type { SourceMemories } from "../reconcile/source_memory.ts";
import type { RingChange } from "../shard/ring.ts";
import type { OperatorParts } from "./operator_parts.ts";
import type { TakenSources } from "./taken_sources.ts";

/** Sources that are looked at in one turn of the event loop. */
const lookedAtOnce = 500;

/** What first runs need of the operator. */
export interface FirstRunsParts {
  readonly operator: Pick<
    OperatorParts,
    "objects" | "role" | "clock" | "random" | "settings" | "onForgotten"
  >;
  readonly context: ReconcileContext & { readonly memories: SourceMemories };
  readonly queue: WorkQueue<SourceKey>;
  readonly taken: TakenSources;
  /** Leaves a host alone that a source remembers to have asked for it. */
  readonly holdHost: (hold: RememberedHold) => void;
  /** Whether a restart has lost the artifact of a source, and nobody has looked after it since. */
  readonly isLost: (key: SourceKey) => boolean;
}

/** Plans the first run of every source that is ours: at a start, and after each change of the members. */
export class FirstRuns {
  readonly #parts: FirstRunsParts;
  #plans = 0;
  /** Whether there are other replicas, or were of late. */
  #hasOthers = false;

  constructor(parts: FirstRunsParts) {
    this.#parts = parts;
  }

  /** The members have changed; {@linkcode plan} acts on it. */
  note(change: RingChange): void {
    this.#parts.taken.note(change);
    this.#hasOthers = change.after.live.length + change.after.ended.length > 0;
  }

  /**
   * Looks at every source. Those that would ask their upstream at once are spread; what became another replica's is left. A
   * change meanwhile begins it anew.
   */
  async plan(): Promise<void> {
    const { operator: { objects: { sources } }, taken, queue } = this.#parts;
    const plan = ++this.#plans;
    const first: SourceKey[] = [];
    let seen = 0;
    for (const key of sources.keys()) {
      if (++seen % lookedAtOnce === 0) await setImmediate();
      if (plan !== this.#plans) return;
      const source = sources.get(key);
      if (!source || !this.#mustRun(key, source)) continue;
      if (this.#isFetchedFirst(key, source)) first.push(key);
      else queue.add(key);
    }
    taken.done();
    this.#spread(first);
  }

  #mustRun(key: SourceKey, source: ExternalSource): boolean {
    const { operator: { role: { members } }, taken, queue } = this.#parts;
    const { uid } = source.metadata;
    taken.look(key, source);
    if (!members.owns(uid)) this.#leave(key);
    const isDue = taken.unfenced.has(key) || queue.plannedAt(key) === undefined;
    return isDue && members.hold(uid)();
  }

  /**
   * It is not ours now. What is planned is looked at anew when it comes back; what is remembered is out of date then, if there
   * is anybody who may have gone on with it.
   */
  #leave(key: SourceKey): void {
    const { operator, context, queue } = this.#parts;
    if (this.#hasOthers) context.memories.delete(key);
    queue.forget(key);
    operator.onForgotten(key);
  }

  /** Also takes over what its status tells of its host. */
  #isFetchedFirst(key: SourceKey, source: ExternalSource): boolean {
    const { operator: { objects }, context, taken, holdHost, isLost } = this.#parts;
    if (taken.unfenced.has(key) || context.memories.has(key)) return false;
    const hold = rememberedHold(source, context);
    if (hold) holdHost(hold);
    return isLost(key) ||
      isFetchedFirst({ source, artifact: objects.artifacts.get(key) }, context);
  }

  #spread(first: readonly SourceKey[]): void {
    const { operator: { clock, random, settings: { startupSpread: spreadMs } }, queue } =
      this.#parts;
    for (const key of first) {
      const delay = firstFetchDelay({ count: first.length, spreadMs }, random);
      queue.add(key, { at: clock.now() + delay });
    }
  }
}
