import type { Clock } from "../core/clock.ts";
import { HookUnavailable } from "./hook_unavailable.ts";

/** How many hooks run at once, and how long another one waits for its turn. */
export interface HookSlotsOptions {
  readonly slots: number;
  readonly maxWaitMs: number;
  readonly clock: Clock;
}

/** A bound on hooks that run at once; who waits gets a turn in the order of coming, or none within the longest wait. */
export class HookSlots {
  readonly #options: HookSlotsOptions;
  readonly #waiters: (() => void)[] = [];
  #running = 0;

  constructor(options: HookSlotsOptions) {
    this.#options = options;
  }

  /** Hooks that run. */
  get running(): number {
    return this.#running;
  }

  /** Hooks that wait for their turn. */
  get waiting(): number {
    return this.#waiters.length;
  }

  /**
   * @returns gives the slot back
   * @throws {HookUnavailable} after the longest wait; the signal's reason if that is aborted before
   */
  async take(signal: AbortSignal): Promise<() => void> {
    signal.throwIfAborted();
    if (this.#running >= this.#options.slots) await this.#wait(signal);
    else this.#running++;
    let taken = true;
    return () => {
      if (taken) this.#giveBack();
      taken = false;
    };
  }

  #wait(signal: AbortSignal): Promise<void> {
    const { clock, maxWaitMs } = this.#options;
    return new Promise((resolve, reject) => {
      const leave = () => {
        cancel();
        signal.removeEventListener("abort", aborted);
        const place = this.#waiters.indexOf(turn);
        if (place >= 0) this.#waiters.splice(place, 1);
      };
      const turn = () => {
        leave();
        resolve();
      };
      const aborted = () => {
        leave();
        reject(signal.reason);
      };
      const cancel = clock.schedule(() => {
        leave();
        reject(new HookUnavailable("too many hooks run at once"));
      }, maxWaitMs);
      signal.addEventListener("abort", aborted);
      this.#waiters.push(turn);
    });
  }

  /** The slot goes to the next one in line, so that nobody can slip in between. */
  #giveBack(): void {
    const next = this.#waiters[0];
    if (next) next();
    else this.#running--;
  }
}
