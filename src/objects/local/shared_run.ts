/**
 * Runs an action never twice at once. Everyone who asks while one is under way shares the next one: it begins after they asked, so
 * it sees what they have seen.
 */
export class SharedRun {
  readonly #action: () => Promise<void>;
  #current: Promise<void> = Promise.resolve();
  #next: Promise<void> | undefined;

  constructor(action: () => Promise<void>) {
    this.#action = action;
  }

  /** Resolves or rejects with a run that began after this call. */
  run(): Promise<void> {
    this.#next ??= this.#startAfter(this.#current);
    return this.#next;
  }

  /** Resolves when nothing runs that was asked for until now. Never rejects. */
  async idle(): Promise<void> {
    await Promise.allSettled([this.#current, this.#next]);
  }

  async #startAfter(current: Promise<void>): Promise<void> {
    await current.catch(() => {}); // those who asked for that run have its error
    this.#current = this.#next!;
    this.#next = undefined;
    await this.#action();
  }
}
