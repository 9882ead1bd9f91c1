import { findCondition } from "../core/condition.ts";
import type { ExternalSource } from "../core/external_source.ts";
import type { MemoryContext } from "./memory_context.ts";

/** How often a source has failed, and when it is tried again. */
export interface FailuresSoFar {
  readonly failures: number;
  /** Milliseconds since the epoch; undefined: nothing tells. */
  readonly retryAt: number | undefined;
}

/**
 * The failures of a source whose status another process wrote. A retry that says nothing new is no write, so the status
 * counts those until what it says last changed; how many followed is told by how long it has been retried, as every wait
 * but its jitter is known. More than would have exhausted the retries cannot have been: nobody was there to try.
 */
export function failuresSoFar(
  { metadata: { generation }, status }: ExternalSource,
  { clock, delays, settings: { maxAttempts } }: MemoryContext,
): FailuresSoFar {
  const told = status.observedGeneration === generation ? status.failures ?? 0 : 0;
  const retrying = findCondition(status.conditions ?? [], "Reconciling");
  const since = Date.parse(retrying?.lastTransitionTime ?? "");
  if (told === 0 || status.nextAttemptHeld || Number.isNaN(since)) {
    return { failures: told, retryAt: undefined };
  }
  let failures = 1;
  let retryAt = since + delays.backoff(failures);
  while (retryAt <= clock.now() && failures < maxAttempts) {
    failures++;
    retryAt += delays.backoff(failures);
  }
  if (failures >= maxAttempts) return { failures: told, retryAt: undefined };
  return { failures: Math.max(told, failures), retryAt };
}
