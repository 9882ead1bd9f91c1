const firstBytes = 1024;
const maxBytes = 16 * 1024;

/** Buffers of connections that ended: a flood of new ones would else leave as many behind for the garbage collector. */
const spare: Uint8Array<ArrayBuffer>[] = [];
const maxSpare = 256;

/** Cuts what a client sends into heads of requests. A silent client costs 1 KiB; no head may exceed 16 KiB. */
export class RequestHeads {
  readonly #source: Pick<Deno.Conn, "read">;
  #buffer = spare.pop() ?? new Uint8Array(firstBytes);
  #filled = 0;
  #tooLarge = false;

  /** Called when a head begins that does not come in one piece. */
  onFirstByte: () => void = () => {};

  constructor(source: Pick<Deno.Conn, "read">) {
    this.#source = source;
  }

  /** Whether the end came because a head exceeded the limit. */
  get tooLarge(): boolean {
    return this.#tooLarge;
  }

  /** Gives the buffer back; no read may be under way. */
  release(): void {
    if (this.#buffer.length === firstBytes && spare.length < maxSpare) spare.push(this.#buffer);
    this.#buffer = new Uint8Array(0);
  }

  /**
   * The next head without the empty line that ends it; undefined at the end.
   *
   * @throws {Error} if the connection is reset or closed
   */
  async next(): Promise<string | undefined> {
    let searched = 0;
    for (;;) {
      this.#skipEmptyLines();
      const end = this.#findEnd(searched);
      if (end !== undefined) return this.#take(end);
      // Only the bytes of the first read move a connection on: a client that drips would never run out of time.
      if (searched === 0 && this.#filled > 0) this.onFirstByte();
      searched = this.#filled;
      if (this.#filled === this.#buffer.length && !this.#grow()) return undefined;
      const count = await this.#source.read(this.#buffer.subarray(this.#filled));
      if (count === null) return undefined;
      this.#filled += count;
    }
  }

  /** RFC 9112 §2.2: some clients send an empty line after a body. */
  #skipEmptyLines(): void {
    let start = 0;
    while (start < this.#filled && (this.#buffer[start] === 13 || this.#buffer[start] === 10)) {
      start++;
    }
    if (start > 0) this.#discard(start);
  }

  /** @returns the index of the empty line after a head */
  #findEnd(searched: number): number | undefined {
    const bytes = this.#buffer;
    for (let i = Math.max(3, searched); i < this.#filled; i++) {
      const found = bytes[i] === 10 && bytes[i - 1] === 13 && bytes[i - 2] === 10 &&
        bytes[i - 3] === 13;
      if (found) return i - 3;
    }
    return undefined;
  }

  #take(end: number): string {
    const head = String.fromCharCode(...this.#buffer.subarray(0, end));
    this.#discard(end + 4);
    return head;
  }

  #discard(count: number): void {
    this.#buffer.copyWithin(0, count, this.#filled);
    this.#filled -= count;
  }

  #grow(): boolean {
    if (this.#buffer.length >= maxBytes) {
      this.#tooLarge = true;
      return false;
    }
    const larger = new Uint8Array(Math.min(maxBytes, this.#buffer.length * 4));
    larger.set(this.#buffer);
    this.#buffer = larger;
    return true;
  }
}
