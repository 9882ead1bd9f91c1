import type { Clock } from "../../core/clock.ts";

/** How long a {@linkcode Debounce} waits, in milliseconds. */
export interface DebounceTimes {
  /** From the last poke: an editor writes a file in several steps. */
  readonly quietMs: number;
  /** From the first poke at most, however many follow. */
  readonly atMostMs: number;
}

/** Runs an action once after a burst of pokes. */
export class Debounce {
  readonly #clock: Clock;
  readonly #times: DebounceTimes;
  readonly #action: () => void;
  #firstAt: number | undefined;
  #cancelTimer: () => void = () => {};

  constructor(clock: Clock, times: DebounceTimes, action: () => void) {
    this.#clock = clock;
    this.#times = times;
    this.#action = action;
  }

  poke(): void {
    this.#cancelTimer();
    const now = this.#clock.now();
    this.#firstAt ??= now;
    const { quietMs, atMostMs } = this.#times;
    const delay = Math.max(0, Math.min(quietMs, this.#firstAt + atMostMs - now));
    this.#cancelTimer = this.#clock.schedule(() => {
      this.#firstAt = undefined;
      this.#action();
    }, delay);
  }

  /** Forgets pokes whose action has not run. */
  cancel(): void {
    this.#cancelTimer();
    this.#firstAt = undefined;
  }
}
