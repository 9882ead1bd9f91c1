interface Waiting {
  readonly bytes: number;
  readonly start: () => void;
}

/** Memory that several jobs share. */
export class ByteBudget {
  readonly #limit: number;
  #free: number;
  readonly #waiting: Waiting[] = [];

  /** @param limit bytes */
  constructor(limit: number) {
    this.#limit = limit;
    this.#free = limit;
  }

  /** Waits until so many bytes are free, first come first served; for more than the limit until all are. */
  async take(bytes: number): Promise<Disposable> {
    const share = Math.min(bytes, this.#limit);
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#waiting.push({ bytes: share, start: resolve });
    this.#serve();
    await promise;
    let isHeld = true;
    return {
      [Symbol.dispose]: () => {
        if (isHeld) this.#free += share;
        isHeld = false;
        this.#serve();
      },
    };
  }

  #serve(): void {
    for (let first = this.#waiting[0]; first && first.bytes <= this.#free;) {
      this.#free -= first.bytes;
      this.#waiting.shift();
      first.start();
      first = this.#waiting[0];
    }
  }
}
