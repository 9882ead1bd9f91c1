import type { Artifact } from "../core/artifact.ts";
import {
  type Condition,
  type ConditionState,
  findCondition,
  maxConditionMessage,
  withCondition,
  withoutConditions,
} from "../core/condition.ts";
import type { ExternalSource, ExternalSourceStatus } from "../core/external_source.ts";
import type { Failure } from "./error_policy.ts";
import type { RememberedWait } from "./next_attempt.ts";

/** The triggers that a reconcile answers (`reconcile.fluxcd.io/requestedAt`). */
export interface Handled {
  readonly source: string | undefined;
  readonly artifact: string | undefined;
}

/** What a reconcile came to. */
export type Outcome =
  /** The artifact is stored and published; `etag` and `fingerprint` are those it was made under. */
  | {
    readonly kind: "published";
    readonly artifact: Artifact;
    readonly fingerprint: string | undefined;
    readonly etag: string | undefined;
  }
  /** Nothing was fetched; what is published is as it should be. */
  | {
    readonly kind: "kept";
    readonly artifact: Artifact | undefined;
    readonly isSuspended: boolean;
  }
  | {
    readonly kind: "failed";
    readonly failure: Failure;
    /** What stays published, or was stored but could not be published. */
    readonly artifact: Artifact | undefined;
    /** What the artifact was made under, if it may be newer than the status: a 304 must never be taken for another one. */
    readonly made?: Made | undefined;
  };

/** What an artifact was made under. */
export interface Made {
  readonly fingerprint: string | undefined;
  readonly etag: string | undefined;
}

/** The moment of a status. */
export interface StatusMoment {
  /** RFC 3339, seconds. */
  readonly now: string;
  readonly handled: Handled;
  readonly wait: RememberedWait | undefined;
  /** Failures in a row, the outcome included. */
  readonly failures: number;
  readonly maxAttempts: number;
  /** Who writes; undefined without a cluster. */
  readonly owner: string | undefined;
}

/** The phases that are shown while they last. */
export const phases = ["Fetching", "ExecutingHooks", "Storing"] as const;
/** A phase of a reconcile. */
export type Phase = typeof phases[number];

const phaseMessages: Readonly<Record<Phase, string>> = {
  Fetching: "fetching the document",
  ExecutingHooks: "running hooks",
  Storing: "storing the artifact",
};

/** Ready, as the source and its ExternalArtifact show it. */
export type ReadyState = Omit<ConditionState, "observedGeneration">;

/** Ready=True for a published artifact. */
export function readyTrue(artifact: Artifact): ReadyState {
  return {
    type: "Ready",
    status: "True",
    reason: "Succeeded",
    message: `stored artifact for revision '${artifact.revision}'`,
  };
}

/** Ready=False for a failure. */
export function readyFalse(failure: Pick<Failure, "reason" | "message">): ReadyState {
  return {
    type: "Ready",
    status: "False",
    reason: failure.reason,
    // A cut may leave half a character, which the API server would alter, so that the status never were as wanted.
    message: failure.message.slice(0, maxConditionMessage).toWellFormed(),
  };
}

/** Ready of a source that was suspended before it was ever fetched. */
const suspendedState: ReadyState = {
  type: "Ready",
  status: "Unknown",
  reason: "Suspended",
  message: "suspended before the first fetch",
};

/** How many failures in a row there are after an outcome; only those that count (DESIGN §5). */
export function failuresAfter(before: number, outcome: Outcome): number {
  if (outcome.kind === "published") return 0;
  return outcome.kind === "failed" && outcome.failure.counts ? before + 1 : before;
}

/** The status that an outcome makes of a source's status. Pure: equal arguments give an equal status. */
export function nextStatus(
  source: ExternalSource,
  outcome: Outcome,
  moment: StatusMoment,
): ExternalSourceStatus {
  const { status, metadata: { generation } } = source;
  const { handled, failures } = moment;
  const artifact = outcome.artifact ?? status.artifact;
  const made = madeOf(outcome);
  const etag = made ? made.etag : status.lastHandledETag;
  const fingerprint = made ? made.fingerprint : status.fingerprint;
  return withoutUndefined({
    observedGeneration: generation,
    conditions: conditionsAfter(source, outcome, moment),
    artifact,
    lastHandledETag: etag,
    lastHandledReconcileAt: handled.source ?? status.lastHandledReconcileAt,
    lastHandledArtifactReconcileAt: handled.artifact ?? status.lastHandledArtifactReconcileAt,
    failures: failures > 0 ? failures : undefined,
    ...waitAfter(source, outcome, moment),
    owner: moment.owner ?? status.owner,
    fingerprint,
  });
}

function waitAfter(
  { status: { nextAttemptTime, nextAttemptHeld } }: ExternalSource,
  outcome: Outcome,
  { wait }: StatusMoment,
) {
  if (outcome.kind === "kept") return { nextAttemptTime, nextAttemptHeld };
  return { nextAttemptTime: wait?.until, nextAttemptHeld: wait?.isHeld || undefined };
}

function madeOf(outcome: Outcome): Made | undefined {
  if (outcome.kind === "published") return outcome;
  return outcome.kind === "failed" ? outcome.made : undefined;
}

/**
 * The status of a source while a phase lasts. What was said of the last reconcile stays said: a slow upstream must not
 * make a ready source look unready at every interval.
 */
export function statusInPhase(
  source: ExternalSource,
  phase: Phase,
  now: string,
): ExternalSourceStatus {
  const message = phaseMessages[phase];
  const old = withoutConditions(source.status.conditions ?? [], ...phases);
  const isFirst = (findCondition(old, "Ready")?.status ?? "Unknown") === "Unknown";
  const states: ReadyState[] = [
    ...(isFirst
      ? [{ type: "Ready", status: "Unknown", reason: "Progressing", message } as const]
      : []),
    ...[phase, ...(isFirst ? ["Reconciling"] : [])].map((type) => (
      { type, status: "True", reason: "Progressing", message } as const
    )),
  ];
  const conditions = states.reduce((before, state) => withCondition(before, state, now), old);
  return { ...source.status, conditions };
}

/** The status of a source that has nothing to say but that its host wants no request for long. */
export function statusWhileHeld(
  { status }: ExternalSource,
  message: string,
  now: string,
): ExternalSourceStatus {
  const states = [
    { type: "Ready", status: "Unknown", reason: "HostHeld", message },
    { type: "Reconciling", status: "True", reason: "HostHeld", message },
  ] as const;
  const before = withoutConditions(status.conditions ?? [], "Stalled");
  return {
    ...status,
    conditions: states.reduce((all, each) => withCondition(all, each, now), before),
  };
}

function conditionsAfter(
  source: ExternalSource,
  outcome: Outcome,
  moment: StatusMoment,
): Condition[] {
  const observedGeneration = source.metadata.generation;
  const set = (conditions: Condition[], state: ReadyState) =>
    withCondition(conditions, { ...state, observedGeneration }, moment.now);
  const old = source.status.conditions ?? [];
  if (outcome.kind === "kept") {
    const kept = withoutConditions(old, ...phases, ...(outcome.isSuspended ? ["Reconciling"] : []));
    return findCondition(kept, "Ready") ? kept : set(kept, suspendedState);
  }
  const states = outcome.kind === "published"
    ? [readyTrue(outcome.artifact)]
    : [readyFalse(outcome.failure), ...abnormalStates(outcome.failure, moment)];
  // What stays is not removed and set again: its transition time would be a write at every retry.
  // From the first one on failures are counted by how long they last (`failuresSoFar()`).
  const isFirst = outcome.kind === "failed" && outcome.failure.counts && moment.failures === 1;
  const gone = ["Reconciling", "Stalled"].filter((type) =>
    isFirst || !states.some((state) => state.type === type)
  );
  return states.reduce(set, withoutConditions(old, ...gone, ...phases));
}

/** What a failure says beside Ready=False: Stalled, Reconciling or, if it just waits for its interval, nothing. */
function abnormalStates(
  failure: Failure,
  moment: StatusMoment,
): ReadyState[] {
  const { reason, message } = readyFalse(failure);
  if (failure.stalled) return [{ type: "Stalled", status: "True", reason, message }];
  if (isExhausted(failure, moment)) {
    return [{
      type: "Stalled",
      status: "True",
      reason: "RetriesExhausted",
      message: `failed ${moment.maxAttempts} times in a row; trying again at every interval`,
    }];
  }
  if (failure.retry === "interval") return [];
  return [{ type: "Reconciling", status: "True", reason: "ProgressingWithRetry", message }];
}

/** Whether a failure is one too many to be retried before the next interval. */
export function isExhausted(
  failure: Failure,
  { failures, maxAttempts }: { readonly failures: number; readonly maxAttempts: number },
): boolean {
  return failure.counts && failures >= maxAttempts;
}

/** Drops the fields that are undefined: `exactOptionalPropertyTypes`, and what is compared with the API server's JSON. */
function withoutUndefined(
  status: {
    readonly [Field in keyof ExternalSourceStatus]: ExternalSourceStatus[Field] | undefined;
  },
): ExternalSourceStatus {
  return Object.fromEntries(Object.entries(status).filter(([, value]) => value !== undefined));
}
