/**
 * Bounds work that uses the machine: hooks, pack and store (`--concurrent`). Whoever waits is served in the order of
 * coming, the urgent ones first. A holder must not wait for a request slot (`RequestLimits`); the reverse is safe.
 */
export class WorkerSlots {
  readonly #slots: number;
  readonly #urgent = new Set<() => void>();
  readonly #normal = new Set<() => void>();
  #held = 0;

  /** @param slots how many may work at once, at least 1 */
  constructor(slots: number) {
    this.#slots = slots;
  }

  get held(): number {
    return this.#held;
  }

  get waiting(): number {
    return this.#urgent.size + this.#normal.size;
  }

  /**
   * Waits for a slot. The returned function gives it back; calling it again does nothing.
   *
   * @throws the reason of `signal` if that aborts before a slot is free
   */
  async acquire({ urgent }: { urgent: boolean }, signal: AbortSignal): Promise<() => void> {
    signal.throwIfAborted();
    if (this.#held < this.#slots) this.#held++;
    else await this.#turn(urgent ? this.#urgent : this.#normal, signal);
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
    const [next] = this.#urgent.size > 0 ? this.#urgent : this.#normal;
    if (next) next();
    else this.#held--;
  }
}
