import type { Clock } from "../src/core/clock.ts";
import { settle } from "./settle.ts";

interface Timer {
  readonly at: number;
  readonly callback: () => void;
}

/**
 * A clock that stands still until a test moves it. Timers fire in the order of their times, those of the same time in
 * the order in which they were scheduled; a timer that a callback schedules within the advanced span fires too.
 */
export class ManualClock implements Clock {
  #now: number;
  readonly #timers = new Set<Timer>();

  /** @param start milliseconds since the Unix epoch */
  constructor(start: number = Date.UTC(2026, 0, 1)) {
    this.#now = start;
  }

  /** How many timers are waiting: a test that ends with some has found a leak. */
  get pending(): number {
    return this.#timers.size;
  }

  now(): number {
    return this.#now;
  }

  schedule(callback: () => void, delayMs: number): () => void {
    const timer: Timer = { at: this.#now + Math.max(0, delayMs), callback };
    this.#timers.add(timer);
    return () => {
      this.#timers.delete(timer);
    };
  }

  /**
   * Moves time forward and fires what falls due on the way, each at its own time. Promises settle between two timers, so
   * that code which awaits one timer can schedule the next.
   */
  async advance(ms: number): Promise<void> {
    const end = this.#now + ms;
    await settle();
    for (let timer = this.#next(end); timer; timer = this.#next(end)) {
      this.#timers.delete(timer);
      this.#now = Math.max(this.#now, timer.at);
      timer.callback();
      await settle();
    }
    this.#now = end;
  }

  /** As when the process or the machine sleeps: time goes on, and no timer fires until the next `advance`. */
  jump(ms: number): void {
    this.#now += ms;
  }

  /** The earliest timer up to `end`; a Set keeps the order of scheduling, which decides among equals. */
  #next(end: number): Timer | undefined {
    let earliest: Timer | undefined;
    for (const timer of this.#timers) {
      if (timer.at <= end && (!earliest || timer.at < earliest.at)) earliest = timer;
    }
    return earliest;
  }
}
