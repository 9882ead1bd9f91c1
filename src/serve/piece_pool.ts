/** A buffer on loan. */
export interface Piece {
  readonly bytes: Uint8Array<ArrayBuffer>;
  release(): void;
}

const largeBytes = 256 * 1024;
const smallBytes = 8 * 1024;
const maxLarge = 16;

/**
 * Buffers between store and socket. A client that does not read holds its buffer until the server gives it up, so only
 * the first sixteen get a large one (4 MiB in all; large ones cost a third less CPU), the others 8 KiB each.
 */
export class PiecePool {
  readonly #large: Uint8Array<ArrayBuffer>[] = [];
  readonly #small: Uint8Array<ArrayBuffer>[] = [];
  #largeLent = 0;

  take(): Piece {
    if (this.#largeLent >= maxLarge) {
      const bytes = this.#small.pop() ?? new Uint8Array(smallBytes);
      return { bytes, release: () => void this.#small.push(bytes) };
    }
    this.#largeLent++;
    const bytes = this.#large.pop() ?? new Uint8Array(largeBytes);
    return {
      bytes,
      release: () => {
        this.#largeLent--;
        this.#large.push(bytes);
      },
    };
  }
}
