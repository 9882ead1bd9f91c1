import type { Failure } from "./error_policy.ts";
import { isExhausted, type Outcome } from "./next_status.ts";
import type { NextAttempt, RememberedWait } from "./next_attempt.ts";
import type { SourcePlan } from "./plan_source.ts";
import type { ReconcileContext } from "./reconcile_context.ts";
import { formatTime } from "../core/format_time.ts";
import type { SourceMemory } from "./source_memory.ts";

/** How often it is looked whether Flux has been installed, in milliseconds. */
const fluxPollMs = 10_000;

/** Waits longer than this are written to the status, so that a restart honours them; milliseconds. */
const rememberedWaitMs = 60_000;

/** What decides when a source is run again. */
export interface RequeueFacts {
  readonly memory: SourceMemory;
  readonly outcome: Outcome;
  /** Undefined if the spec is not usable. */
  readonly plan: SourcePlan | undefined;
  /** Failures in a row, the outcome included. */
  readonly failures: number;
  /** Whether the upstream was asked, or what it answered before was put once more. */
  readonly fetched: boolean;
}

/** When to run a source again after an outcome; notes it in the source's memory. */
export function nextAttempt(context: ReconcileContext, facts: RequeueFacts): NextAttempt {
  const { memory, outcome, plan } = facts;
  if (outcome.kind !== "failed") {
    memory.waits = 0;
    if (facts.fetched) memory.holdUntil = 0;
    const fetchAt = Math.max(memory.nextFetchAt, memory.holdUntil);
    const requeueAt = plan && !plan.spec.suspend ? fetchAt : undefined;
    return { requeueAt, wait: heldWait(memory, context.clock.now()) };
  }
  memory.waits++;
  const now = context.clock.now();
  const { failure } = outcome;
  const { delay, isBackoff } = delayOf(context, facts, failure);
  // Who answered without asking for a wait has taken back what was asked before.
  if (facts.fetched) memory.holdUntil = 0;
  if (delay === undefined) return { requeueAt: undefined, wait: heldWait(memory, now) };
  const at = now + delay;
  if (failure.retryAfterMs !== undefined) memory.holdUntil = now + failure.retryAfterMs;
  if (failure.retry !== "flux-poll") memory.nextFetchAt = at;
  const isRemembered = isBackoff && facts.fetched && delay > rememberedWaitMs;
  const backoff = { until: timeAtLeast(at), isHeld: false };
  return { requeueAt: at, wait: isRemembered ? backoff : heldWait(memory, now) };
}

/** A wait that the upstream asked for outlives what happens meanwhile. */
function heldWait({ holdUntil }: SourceMemory, now: number): RememberedWait | undefined {
  return holdUntil - now > rememberedWaitMs
    ? { until: timeAtLeast(holdUntil), isHeld: true }
    : undefined;
}

/** The first whole second that is not earlier: after a restart nobody is asked before the time. */
function timeAtLeast(ms: number): string {
  return formatTime(Math.ceil(ms / 1_000) * 1_000);
}

/** A wait before the next attempt. */
interface Wait {
  /** Milliseconds; undefined: only a change of the spec helps. */
  readonly delay: number | undefined;
  /** Whether it grows with the failures: an interval is spread anew by a restart instead. */
  readonly isBackoff?: boolean;
}

function delayOf(context: ReconcileContext, facts: RequeueFacts, failure: Failure): Wait {
  const { delays, settings: { maxAttempts, minInterval } } = context;
  const interval = { delay: delays.interval(facts.plan?.interval ?? minInterval) };
  const { failures } = facts;
  const exhausted = isExhausted(failure, { failures, maxAttempts });
  const { retryAfterMs: asked = 0 } = failure;
  // What is asked for is how long to wait at least (RFC 9110 §10.2.3). A 0 or a date in the past asks for nothing: obeyed,
  // it would be a request and a write of the status with every turn of the queue.
  if (asked > 0) return { delay: Math.max(asked, exhausted ? interval.delay : delays.backoff(1)) };
  if (exhausted) return interval;
  switch (failure.retry) {
    case "backoff":
      return { delay: delays.backoff(failures), isBackoff: true };
    case "secret-backoff":
      return { delay: delays.secretBackoff(facts.memory.waits), isBackoff: true };
    case "interval":
      return interval;
    case "flux-poll":
      return { delay: fluxPollMs };
    case "spec-change":
      return { delay: undefined };
  }
}
