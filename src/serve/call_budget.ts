import type { Clock } from "../core/clock.ts";

/** How often something may be done. */
export interface CallBudgetOptions {
  readonly clock: Pick<Clock, "now">;
  readonly perSecond: number;
  /** How many at once, after a time without any. */
  readonly burst: number;
}

/** What strangers may make us do, bounded by time (a token bucket). */
export class CallBudget {
  readonly #options: CallBudgetOptions;
  #left: number;
  #filledAt: number;

  constructor(options: CallBudgetOptions) {
    this.#options = options;
    this.#left = options.burst;
    this.#filledAt = options.clock.now();
  }

  /** Whether it may be done once more now. */
  take(): boolean {
    const { clock, perSecond, burst } = this.#options;
    const now = clock.now();
    // A clock that was set back takes nothing away.
    const elapsedMs = Math.max(0, now - this.#filledAt);
    this.#left = Math.min(burst, this.#left + elapsedMs / 1_000 * perSecond);
    this.#filledAt = now;
    if (this.#left < 1) return false;
    this.#left--;
    return true;
  }
}
