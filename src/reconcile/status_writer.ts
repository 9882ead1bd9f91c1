import { isDeepStrictEqual } from "node:util";
import { findCondition } from "../core/condition.ts";
import type { ExternalArtifact } from "../core/external_artifact.ts";
import type { ExternalSource, ExternalSourceStatus } from "../core/external_source.ts";
import { type SourceKey, sourceKey } from "../core/source_key.ts";
import { ConflictError } from "../objects/objects.ts";
import {
  nextStatus,
  type Outcome,
  type Phase,
  statusInPhase,
  type StatusMoment,
} from "./next_status.ts";
import { addressEvent, eventOf } from "./outcome_events.ts";
import type { SourcePlan } from "./plan_source.ts";
import type { ReconcileContext } from "./reconcile_context.ts";
import { formatTime } from "../core/format_time.ts";
import type { SourceMemory } from "./source_memory.ts";
import { isRequested } from "./trigger.ts";

/** A phase that lasts longer is shown in the status, in milliseconds (DESIGN §3). */
const phaseShownAfterMs = 1_000;

/** What a final write needs beside the outcome. */
export interface WriteOptions extends Pick<StatusMoment, "handled" | "wait" | "failures"> {
  /** The ExternalArtifact, if it is ours: events are about it too. */
  readonly artifact: ExternalArtifact | undefined;
}

/** The one place that writes the status of a source, for the length of one reconcile. */
export class StatusWriter {
  readonly key: SourceKey;
  readonly #context: ReconcileContext;
  readonly #start: ExternalSource;
  /** As our own last write returned it. */
  #latest: ExternalSource;
  #phaseWrite: Promise<void> = Promise.resolve();

  constructor(context: ReconcileContext, source: ExternalSource) {
    this.key = sourceKey(source.metadata);
    this.#context = context;
    this.#start = source;
    this.#latest = source;
  }

  /**
   * Runs `step`, showing the phase in the status once it has lasted a second. A quick one costs no write, nor does one that
   * nobody waits for: each slow answer of an upstream, or each try in an outage, would be two writes.
   */
  async during<T>(phase: Phase, step: () => Promise<T>): Promise<T> {
    if (!this.#isAwaited(phase)) return await step();
    const cancel = this.#context.clock.schedule(() => {
      this.#phaseWrite = this.#showPhase(phase);
    }, phaseShownAfterMs);
    try {
      return await step();
    } finally {
      cancel();
      await this.#phaseWrite;
    }
  }

  /** Tells each warning once in an event. */
  warn(warnings: SourcePlan["warnings"], memory: SourceMemory): void {
    for (const { reason, message } of warnings) {
      const id = `${this.#start.metadata.generation} ${reason}`;
      if (memory.warned.has(id)) continue;
      memory.warned = new Set(memory.warned).add(id);
      const time = this.#context.clock.now();
      const objects = { source: this.#latest, artifact: undefined };
      for (const event of addressEvent({ type: "Warning", reason, message }, objects, time)) {
        this.#context.recordEvent(event);
      }
    }
  }

  /**
   * Writes the status that an outcome makes, if it differs, and the events it is worth.
   *
   * @returns whether the status differed
   * @throws {ConflictError} if somebody changed what matters meanwhile: the reconcile is then run again at once
   */
  async write(outcome: Outcome, options: WriteOptions): Promise<boolean> {
    const before = this.#start.status;
    const { handled, wait, failures } = options;
    const now = formatTime(this.#context.clock.now());
    const { settings: { maxAttempts }, ownership: { self: owner } } = this.#context;
    const moment = { now, handled, wait, failures, maxAttempts, owner };
    const status = nextStatus(
      { ...this.#latest, status: { ...this.#latest.status, ...pick(before) } },
      outcome,
      moment,
    );
    const differs = isWorthAWrite(status, this.#latest.status);
    if (differs) await this.#writeOnceMore(status);
    this.#tell(before, status, options.artifact);
    // The first artifact replaces nothing: that would be a read and a list for each of many new sources.
    if (before.artifact && before.artifact.path !== status.artifact?.path) {
      this.#context.collectLater(this.key, before.artifact);
    }
    return differs;
  }

  async #writeOnceMore(status: ExternalSourceStatus): Promise<void> {
    try {
      this.#latest = await this.#context.objects.writeSourceStatus(this.#latest, status);
    } catch (error) {
      if (!(error instanceof ConflictError)) throw error;
      const live = await this.#context.objects.readSource(this.#start.metadata);
      if (!live || !sameBasis(live, this.#latest)) throw error;
      this.#latest = await this.#context.objects.writeSourceStatus(live, status);
    }
  }

  /** Whether somebody waits for the end of a phase: under a new spec, for an answer to a request, for what has changed. */
  #isAwaited(phase: Phase): boolean {
    const { metadata: { generation }, status } = this.#start;
    const ready = findCondition(status.conditions ?? [], "Ready")?.status ?? "Unknown";
    if (ready === "Unknown" || status.observedGeneration !== generation) return true;
    if (isRequested(this.#start, this.#context.objects.artifacts.get(this.key))) return true;
    return ready === "True" && phase !== "Fetching";
  }

  async #showPhase(phase: Phase): Promise<void> {
    const now = formatTime(this.#context.clock.now());
    try {
      const status = statusInPhase(this.#latest, phase, now);
      this.#latest = await this.#context.objects.writeSourceStatus(this.#latest, status);
    } catch {
      // Showing a phase is a courtesy: whatever prevents it meets the final write as well, which reports it.
    }
  }

  #tell(
    before: ExternalSourceStatus,
    after: ExternalSourceStatus,
    artifact: ExternalArtifact | undefined,
  ): void {
    const body = eventOf(before, after);
    if (!body) return;
    const objects = { source: this.#latest, artifact };
    for (const event of addressEvent(body, objects, this.#context.clock.now())) {
      this.#context.recordEvent(event);
    }
  }
}

// A phase shown meanwhile changed the conditions only; transition times are those of before it.
function pick(before: ExternalSourceStatus): Pick<ExternalSourceStatus, "conditions"> {
  return before.conditions ? { conditions: before.conditions } : {};
}

/**
 * A new ETag alone waits in memory for the next write (DESIGN §4, step 3), and a new owner for its first one: a rolling
 * restart would be two writes of each status. So does another failure that says the same, with its backoff: an outage
 * would be a write with every try. A restart can do without (`failuresSoFar()`), but not without a wait that the upstream
 * asked for.
 */
function isWorthAWrite(after: ExternalSourceStatus, before: ExternalSourceStatus): boolean {
  return !isDeepStrictEqual(whatCounts(after), whatCounts(before));
}

function whatCounts(status: ExternalSourceStatus): ExternalSourceStatus {
  const { lastHandledETag: _etag, owner: _owner, failures: _failures, nextAttemptTime, ...rest } =
    status;
  return status.nextAttemptHeld && nextAttemptTime ? { ...rest, nextAttemptTime } : rest;
}

/** Whether what a reconcile was computed from is still as it was (DESIGN §4: on 409). */
function sameBasis(live: ExternalSource, start: ExternalSource): boolean {
  return live.metadata.uid === start.metadata.uid &&
    live.metadata.generation === start.metadata.generation &&
    live.status.owner === start.status.owner &&
    isDeepStrictEqual(live.status.artifact, start.status.artifact);
}
