import type { Clock } from "../../core/clock.ts";

/** What ends a call to the API server before its answer does. */
export interface DeadlineOptions {
  readonly clock: Clock;
  readonly afterMs: number;
  /** Signals of the caller and of the connection. */
  readonly signals: readonly (AbortSignal | undefined)[];
}

/**
 * Aborts one call when its time is over or one of several signals says so. `AbortSignal.any` and `timeout` would do, but
 * keep the long-lived signals of a process growing, and take no clock.
 */
export class Deadline {
  readonly #controller = new AbortController();
  readonly #options: DeadlineOptions;
  readonly #follow = (event: Event) =>
    this.#controller.abort((event.currentTarget as AbortSignal).reason);
  #cancel: () => void;
  #expired = false;

  constructor(options: DeadlineOptions) {
    this.#options = options;
    this.#cancel = this.#start(options.afterMs);
    for (const signal of options.signals) {
      if (signal?.aborted) this.#controller.abort(signal.reason);
      signal?.addEventListener("abort", this.#follow);
    }
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** Whether time was over, as opposed to a signal that ended the call. */
  get expired(): boolean {
    return this.#expired;
  }

  /** Starts the time anew. */
  extend(afterMs: number): void {
    this.#cancel();
    this.#cancel = this.#start(afterMs);
  }

  /** Must be called when the call has ended, whatever its outcome. */
  release(): void {
    this.#cancel();
    for (const signal of this.#options.signals) {
      signal?.removeEventListener("abort", this.#follow);
    }
  }

  #start(afterMs: number): () => void {
    return this.#options.clock.schedule(() => {
      this.#expired = true;
      this.#controller.abort(new DOMException("The time is over", "TimeoutError"));
    }, afterMs);
  }
}
