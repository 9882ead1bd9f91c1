import { type ErrorClass, StepError } from "../core/step_error.ts";

/** When a failed source is tried again. */
export type RetryRule = "backoff" | "secret-backoff" | "interval" | "flux-poll" | "spec-change";

/** What a class of failure means for a source (DESIGN §5). */
interface Policy {
  readonly retry: RetryRule;
  /** Whether it counts towards `RETRY_MAX_ATTEMPTS`. */
  readonly counts: boolean;
  readonly stalled: boolean;
}

const policies: Readonly<Record<ErrorClass | "bug", Policy>> = {
  transient: { retry: "backoff", counts: true, stalled: false },
  rejected: { retry: "interval", counts: false, stalled: false },
  secret: { retry: "secret-backoff", counts: false, stalled: false },
  configuration: { retry: "spec-change", counts: false, stalled: true },
  "name-conflict": { retry: "interval", counts: false, stalled: true },
  hook: { retry: "backoff", counts: true, stalled: false },
  "hook-not-allowed": { retry: "spec-change", counts: false, stalled: true },
  storage: { retry: "backoff", counts: true, stalled: false },
  "no-flux": { retry: "flux-poll", counts: false, stalled: false },
  bug: { retry: "backoff", counts: true, stalled: false },
};

/** A failure as conditions, events and the queue see it. */
export interface Failure extends Policy {
  readonly class: ErrorClass | "bug";
  readonly reason: string;
  readonly message: string;
  /** Milliseconds that the upstream asked for; wins over the rule. */
  readonly retryAfterMs: number | undefined;
  readonly error: unknown;
}

/**
 * The one place that turns an error into a requeue and a condition. Anything but a {@linkcode StepError} is a bug: its
 * message may hold anything, so it is logged but not published.
 */
export function failureOf(error: unknown): Failure {
  if (error instanceof StepError) {
    const { class: errorClass, reason, message, retryAfterMs } = error;
    return { ...policies[errorClass], class: errorClass, reason, message, retryAfterMs, error };
  }
  return {
    ...policies.bug,
    class: "bug",
    reason: "InternalError",
    message: "Cannot reconcile: an unexpected error, see the log of the controller",
    retryAfterMs: undefined,
    error,
  };
}
