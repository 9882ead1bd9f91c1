import type { RequestTarget } from "./request_target.ts";

/** How a request came to its slot. */
export interface Granted {
  /** Milliseconds from when the run was due to the slot. */
  readonly lateMs: number;
  /** Whether it waited because the host wants to be asked slowly or not at all: that is no lateness of ours. */
  readonly isPaced: boolean;
}

/** Hears what `RequestLimits` do, for telemetry. Called synchronously; must be quick and must not throw. */
export interface LimitsObserver {
  /** A request may be sent. */
  granted?(target: RequestTarget, granted: Granted): void;
}
