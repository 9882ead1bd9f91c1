import type { HostLimits } from "./host_limits.ts";

/**
 * The classes of failure a step of a reconcile may report. One table in `reconcile/` turns a class into a requeue and a
 * condition (DESIGN §5); a class is chosen by the code that sees the failure, never from a message.
 */
export type ErrorClass =
  | "transient"
  | "rejected"
  | "secret"
  | "configuration"
  | "name-conflict"
  | "hook"
  | "hook-not-allowed"
  | "storage"
  | "no-flux";

/** What a {@linkcode StepError} carries beside its message. */
export interface StepErrorDetails {
  readonly class: ErrorClass;
  /** The reason of the condition: CamelCase, as Kubernetes wants it. */
  readonly reason: string;
  /** Milliseconds an upstream asked us to wait (`Retry-After`, `RateLimit-*`); wins over the backoff. */
  readonly retryAfterMs?: number;
  /** Whether the upstream was too slow: the requests in flight to its host then fall back to one. */
  readonly timedOut?: boolean;
  /** What the upstream said of how fast it wants to be asked. */
  readonly hostLimits?: HostLimits | undefined;
  readonly cause?: unknown;
}

/**
 * A failure that a user can understand and do something about.
 *
 * The message names the action, quotes the value, then the state: `Cannot fetch "https://…": status 502`. It is
 * published in conditions and events: no secret, no URL query or user info, no part of an upstream body may be in it.
 */
export class StepError extends Error {
  override readonly name = "StepError";
  readonly class: ErrorClass;
  readonly reason: string;
  readonly retryAfterMs: number | undefined;
  readonly timedOut: boolean;
  readonly hostLimits: HostLimits | undefined;

  constructor(message: string, details: StepErrorDetails) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.class = details.class;
    this.reason = details.reason;
    this.retryAfterMs = details.retryAfterMs;
    this.timedOut = details.timedOut ?? false;
    this.hostLimits = details.hostLimits;
  }
}

/** A failure of class `configuration`: only a change of the spec helps. */
export function configurationError(reason: string, message: string): StepError {
  return new StepError(message, { class: "configuration", reason });
}
