import { priorities, type Priority } from "../core/priority.ts";
import { PriorityTurns } from "./priority_turns.ts";

/**
 * Bounds work that uses the machine: hooks, pack and store (`--concurrent`). Whoever waits is served in the order of
 * coming, triggered ones before due ones before retried ones, of which none starves (`PriorityTurns`). A holder must not wait for a request slot (`RequestLimits`); the reverse is safe.
 */
export class WorkerSlots {
  readonly #slots: number;
  readonly #turns = new PriorityTurns();
  readonly #waiting = {
    triggered: new Set<() => void>(),
    due: new Set<() => void>(),
    retried: new Set<() => void>(),
  };
  #held = 0;

  /** @param slots how many may work at once, at least 1 */
  constructor(slots: number) {
    this.#slots = slots;
  }

  get held(): number {
    return this.#held;
  }

  get waiting(): number {
    return priorities.reduce((sum, each) => sum + this.#waiting[each].size, 0);
  }

  /**
   * Waits for a slot. The returned function gives it back; calling it again does nothing.
   *
   * @throws the reason of `signal` if that aborts before a slot is free
   */
  async acquire({ priority }: { priority: Priority }, signal: AbortSignal): Promise<() => void> {
    signal.throwIfAborted();
    if (this.#held < this.#slots) this.#held++;
    else await this.#turn(this.#waiting[priority], signal);
    let isHeld = true;
    return () => {
      if (isHeld) this.#handOver();
      isHeld = false;
    };
  }

  #turn(queue: Set<() => void>, signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const abort = () => {
        queue.delete(grant);
        reject(signal.reason);
      };
      const grant = () => {
        queue.delete(grant);
        signal.removeEventListener("abort", abort);
        resolve();
      };
      queue.add(grant);
      signal.addEventListener("abort", abort, { once: true });
    });
  }

  /** The slot goes straight to the next one waiting, so that nobody can come in between. */
  #handOver(): void {
    const priority = this.#turns.order.find((each) => this.#waiting[each].size > 0);
    if (!priority) return void this.#held--;
    const [next] = this.#waiting[priority];
    next!();
    this.#turns.went(priority, (other) => this.#waiting[other].size > 0);
  }
}
