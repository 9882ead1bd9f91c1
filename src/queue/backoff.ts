/** How long to wait after failures; times in milliseconds. */
export interface Backoff {
  readonly baseMs: number;
  readonly maxMs: number;
  /** 0 to 1: a delay is spread by so much of itself to both sides, never below the base nor above the maximum. */
  readonly jitterFactor: number;
}

/**
 * Waiting for a Secret that is not there yet: Secret and source often arrive together, and nothing but a try tells, so
 * the delay stays short and never ends.
 */
export const secretBackoff: Backoff = { baseMs: 1_000, maxMs: 60_000, jitterFactor: 0.25 };

/**
 * Milliseconds to wait after the n-th failure in a row: base, 2 × base, 4 × base, … up to the maximum, spread evenly over
 * what the jitter allows, so that neither the base nor the maximum gathers sources that failed together.
 *
 * @param failures 1 for the first
 */
export function backoffDelay(backoff: Backoff, failures: number, random: () => number): number {
  const { baseMs, maxMs, jitterFactor } = backoff;
  const delay = Math.min(maxMs, baseMs * 2 ** (Math.max(1, failures) - 1));
  const low = Math.max(baseMs, delay * (1 - jitterFactor));
  const high = Math.max(low, Math.min(maxMs, delay * (1 + jitterFactor)));
  return low + random() * (high - low);
}
