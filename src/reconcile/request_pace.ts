import type { Clock } from "../core/clock.ts";
import { pause } from "../core/pause.ts";

/** How many requests may follow each other at once. */
const burst = 100;
const everyMs = 50;

/** Spreads the requests of work that nobody waits for: a hundred at once, then 20 a second. */
export class RequestPace {
  readonly #clock: Clock;
  /** When the next would be due if none came in a burst; milliseconds since the Unix epoch. */
  #dueAt = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Resolves when the next request may be made, or `signal` aborts. */
  async next(signal: AbortSignal): Promise<void> {
    const now = this.#clock.now();
    this.#dueAt = Math.max(this.#dueAt, now - burst * everyMs) + everyMs;
    if (this.#dueAt > now) await pause(this.#dueAt - now, this.#clock, signal);
  }
}
