/** Runs what concerns one key one after the other, and different keys side by side. */
export class KeyQueue {
  readonly #last = new Map<string, Promise<unknown>>();

  /** Runs a job when those of the same key that were given before have ended. */
  async run<Result>(key: string, job: () => Promise<Result>): Promise<Result> {
    const before = this.#last.get(key);
    const running = before ? before.then(job) : job();
    const ended = running.catch(() => {});
    this.#last.set(key, ended);
    try {
      return await running;
    } finally {
      if (this.#last.get(key) === ended) this.#last.delete(key);
    }
  }

  /** Resolves when nothing runs. */
  async idle(): Promise<void> {
    while (this.#last.size > 0) await Promise.all(this.#last.values());
  }
}
