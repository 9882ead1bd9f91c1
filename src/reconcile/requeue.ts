import type { ExternalSource } from "../core/external_source.ts";
import type { Failure } from "./error_policy.ts";
import { failuresAfter, isExhausted, type Outcome } from "./next_status.ts";
import type { SourcePlan } from "./plan_source.ts";
import type { ReconcileContext } from "./reconcile_context.ts";
import { formatTime } from "./rfc3339.ts";
import type { SourceMemory } from "./source_memory.ts";

/** How often it is looked whether Flux has been installed, in milliseconds. */
const fluxPollMs = 10_000;

/** Waits longer than this are written to the status, so that a restart honours them; milliseconds. */
const rememberedWaitMs = 60_000;

/** When a source is run again. */
export interface NextAttempt {
  /** Milliseconds since the epoch; undefined: when something changes. */
  readonly requeueAt: number | undefined;
  /** For `status.nextAttemptTime`. */
  readonly attemptTime: string | undefined;
}

/** What decides when a source is run again. */
export interface RequeueFacts {
  readonly source: ExternalSource;
  readonly memory: SourceMemory;
  readonly outcome: Outcome;
  /** Undefined if the spec is not usable. */
  readonly plan: SourcePlan | undefined;
  /** Whether the upstream was asked. */
  readonly fetched: boolean;
}

/** When to run a source again after an outcome; notes it in the source's memory. */
export function nextAttempt(context: ReconcileContext, facts: RequeueFacts): NextAttempt {
  const { memory, outcome, plan } = facts;
  if (outcome.kind !== "failed") {
    memory.waits = 0;
    if (outcome.kind === "published") memory.holdUntil = 0;
    const requeueAt = plan && !plan.spec.suspend ? memory.nextFetchAt : undefined;
    return { requeueAt, attemptTime: undefined };
  }
  memory.waits++;
  const now = context.clock.now();
  const { failure } = outcome;
  const delay = delayOf(context, facts, failure);
  if (delay === undefined) return { requeueAt: undefined, attemptTime: undefined };
  const at = now + delay;
  if (failure.retryAfterMs !== undefined) memory.holdUntil = at;
  if (failure.retry !== "flux-poll") memory.nextFetchAt = at;
  const remembered = facts.fetched && delay > rememberedWaitMs && failure.retry !== "interval";
  return { requeueAt: at, attemptTime: remembered ? formatTime(at) : undefined };
}

/** Milliseconds until the next attempt; undefined: only a change of the spec helps. */
function delayOf(
  context: ReconcileContext,
  facts: RequeueFacts,
  failure: Failure,
): number | undefined {
  const { delays, settings: { maxAttempts, minInterval } } = context;
  const interval = delays.interval(facts.plan?.interval ?? minInterval);
  if (failure.retryAfterMs !== undefined) return failure.retryAfterMs;
  const failures = failuresAfter(facts.source, facts.outcome);
  if (isExhausted(failure, { failures, maxAttempts })) return interval;
  switch (failure.retry) {
    case "backoff":
      return delays.backoff(failures);
    case "secret-backoff":
      return delays.secretBackoff(facts.memory.waits);
    case "interval":
      return interval;
    case "flux-poll":
      return fluxPollMs;
    case "spec-change":
      return undefined;
  }
}
