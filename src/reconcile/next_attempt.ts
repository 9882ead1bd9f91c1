/** When a source is run again. */
export interface NextAttempt {
  /** Milliseconds since the epoch; undefined: when something changes. */
  readonly requeueAt: number | undefined;
  /** What a restart is to honour; undefined: nothing. */
  readonly wait: RememberedWait | undefined;
}

/** A wait as `status` keeps it. */
export interface RememberedWait {
  /** RFC 3339, for `status.nextAttemptTime`. */
  readonly until: string;
  /** Whether the upstream asked for it, for `status.nextAttemptHeld`. */
  readonly isHeld: boolean;
}
