import type { StoredContent } from "../core/artifact.ts";
import type { Validators } from "../core/document.ts";
import { parseDuration } from "../core/duration.ts";
import type { ExternalSource } from "../core/external_source.ts";
import { type SourceKey, sourceKey } from "../core/source_key.ts";
import { findCondition } from "../core/condition.ts";
import type { Handled, Outcome } from "./next_status.ts";
import type { NextAttempt } from "./next_attempt.ts";
import type { MemoryContext } from "./memory_context.ts";
import { failuresSoFar } from "./failures_so_far.ts";
import { publishedArtifact } from "./published_artifact.ts";

/** The document that a source was last made from, as far as it spares work next time. */
export interface LastDocument {
  /** What it was made under (DESIGN §4, step 2); undefined: it is to be made anew in any case. */
  readonly fingerprint: string | undefined;
  readonly sha256: string;
  /** Its path in the archive. */
  readonly path: string;
  readonly validators: Validators;
  /** What it became; newer than `status.artifact` while publishing it fails. */
  readonly content: StoredContent;
}

/** A document that was packed but that the store did not take; most likely the context still holds the artifact. */
export interface Unstored {
  readonly document: LastDocument;
  /** When the fetch after this one is due, in milliseconds since the epoch. */
  readonly nextFetchAt: number;
}

/** The outcome of a fetch that has not reached the API server yet. */
export interface Unwritten {
  /** The generation that it belongs to. */
  readonly generation: number;
  readonly outcome: Outcome;
  readonly handled: Handled;
  /** Failures in a row before it. */
  readonly failures: number;
  /** When a failed fetch is repeated. */
  next: NextAttempt | undefined;
}

/** What this process knows of a source beside its status; losing it costs one fetch in full. */
export interface SourceMemory {
  /** Of the object that it is about: one of the same name may follow it. */
  readonly uid: string;
  /** When the next fetch is due, in milliseconds since the epoch. */
  nextFetchAt: number;
  /** How often the upstream was asked. */
  requests: number;
  /** Until when the upstream asked to be left alone; a trigger does not override it. */
  holdUntil: number;
  /** Names the whitelist that refused its hooks, or its absence; tried again as soon as another one is in force. */
  refusedUnder: string | undefined;
  /** Failed attempts in a row, of every class. */
  waits: number;
  /** Failed reconciles in a row of the classes that count, under the generation that the status observed; it may know of fewer. */
  failures: number;
  /** Reconciles in a row whose outcome could not be written. */
  lostWrites: number;
  /** What a fetch came to, until it is written: the upstream is not asked again for the API server's sake. */
  unwritten: Unwritten | undefined;
  /** Our own writes to the ExternalArtifact are under way: what the watch tells of it meanwhile is most likely they. */
  isPublishing: boolean;
  lastDocument: LastDocument | undefined;
  /** What the store refused, until it takes it or the upstream is asked again. */
  unstored: Unstored | undefined;
  /** resourceVersion of the ExternalArtifact that our last write returned. */
  artifactVersion: string | undefined;
  /** Warnings already told, so that each makes one event. */
  warned: ReadonlySet<string>;
}

/** An empty set of its own for each of 10,000 sources would be 2 MB. */
const noneYet: ReadonlySet<string> = new Set();

/** The memories of all sources. */
export type SourceMemories = Map<SourceKey, SourceMemory>;

/**
 * The memory of a source that this process sees for the first time. One that is published already is next fetched at a
 * moment of its interval that depends on its key, so that a restart is no stampede (DESIGN §14: start without an upstream
 * fetch), unless it was being retried: its backoff goes on. So does, at the interval, one whose retries were exhausted
 * before it was ever published. A wait that outlived the restart is honoured, but only one that the upstream asked for is
 * kept to against a trigger.
 */
export function initialMemory(source: ExternalSource, context: MemoryContext): SourceMemory {
  const { clock, delays, settings } = context;
  const now = clock.now();
  const { conditions = [], nextAttemptTime, nextAttemptHeld = false } = source.status;
  const remembered = Date.parse(nextAttemptTime ?? "");
  const waitUntil = remembered > now ? remembered : 0;
  const interval = Math.max(intervalOf(source), settings.minInterval);
  const readyReason = findCondition(conditions, "Ready")?.reason;
  const isRetrying = findCondition(conditions, "Reconciling") !== undefined &&
    readyReason !== "ExternalArtifactUnavailable";
  // What the whitelist allows may have changed meanwhile, and the upstream is not asked if it has not.
  const isRefused = readyReason === "HookNotAllowed";
  const isExhausted = findCondition(conditions, "Stalled")?.reason === "RetriesExhausted";
  const isSettled = isExhausted ||
    publishedArtifact(source) !== undefined && !isRetrying && !isRefused;
  const { failures, retryAt } = failuresSoFar(source, context);
  return {
    uid: source.metadata.uid,
    nextFetchAt: waitUntil ||
      (isSettled ? now + delays.spread(sourceKey(source.metadata), interval) : retryAt ?? now),
    requests: 0,
    holdUntil: nextAttemptHeld ? waitUntil : 0,
    refusedUnder: undefined,
    waits: 0,
    failures,
    lostWrites: 0,
    unwritten: undefined,
    isPublishing: false,
    lastDocument: undefined,
    unstored: undefined,
    artifactVersion: undefined,
    warned: noneYet,
  };
}

function intervalOf({ spec }: ExternalSource): number {
  const interval = (spec as { readonly interval?: unknown } | null | undefined)?.interval;
  return typeof interval === "string" ? parseDuration(interval) ?? 0 : 0;
}
