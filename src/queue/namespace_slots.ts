import type { Priority } from "../core/priority.ts";
import { WorkerSlots } from "./worker_slots.ts";

/** Who wants to work. */
export interface NamespacedWorker {
  readonly namespace: string;
  readonly priority: Priority;
}

/**
 * Workers for what a namespace may make as long as it likes, such as hooks: of all workers no namespace holds more than a
 * part, so that the others still find one. Whoever waits for room in its namespace holds no worker.
 */
export class NamespaceSlots {
  readonly #workers: WorkerSlots;
  readonly #perNamespace: number;
  readonly #namespaces = new Map<string, WorkerSlots>();

  /** @param perNamespace at least 1 */
  constructor(workers: WorkerSlots, perNamespace: number) {
    this.#workers = workers;
    this.#perNamespace = perNamespace;
  }

  #waiting = 0;
  #held = 0;

  get held(): number {
    return this.#held;
  }

  get waiting(): number {
    return this.#waiting;
  }

  /** Namespaces that something is remembered of. */
  get knownNamespaces(): number {
    return this.#namespaces.size;
  }

  /**
   * Waits for a worker. The returned function gives it back; calling it again does nothing.
   *
   * @throws the reason of `signal` if that aborts before; nothing is left behind then
   */
  async acquire(worker: NamespacedWorker, signal: AbortSignal): Promise<() => void> {
    signal.throwIfAborted();
    this.#waiting++;
    try {
      const release = await this.#acquire(worker, signal);
      this.#held++;
      return release;
    } finally {
      this.#waiting--;
    }
  }

  async #acquire(
    { namespace, priority }: NamespacedWorker,
    signal: AbortSignal,
  ): Promise<() => void> {
    const room = this.#namespaces.get(namespace) ?? new WorkerSlots(this.#perNamespace);
    this.#namespaces.set(namespace, room);
    const leave = await room.acquire({ priority }, signal);
    try {
      const release = await this.#workers.acquire({ priority }, signal);
      let isHeld = true;
      return () => {
        if (!isHeld) return;
        isHeld = false;
        this.#held--;
        release();
        this.#leave(namespace, leave);
      };
    } catch (error) {
      this.#leave(namespace, leave);
      throw error;
    }
  }

  #leave(namespace: string, leave: () => void): void {
    leave();
    if (this.#namespaces.get(namespace)?.held === 0) this.#namespaces.delete(namespace);
  }
}
