/** What a process asks of a pvc store in another one; a line of JSON each way. */
export interface StoreCall {
  readonly id: number;
  readonly method:
    | "put"
    | "open"
    | "stat"
    | "delete"
    | "list"
    | "verify"
    | "readMark"
    | "writeMark";
  readonly args: readonly unknown[];
  /** What its clock shows. */
  readonly now: number;
}

/** What came of it. */
export interface StoreReturn {
  readonly id: number;
  readonly value?: unknown;
  readonly error?: { readonly message: string; readonly class: string | undefined };
}

/** The lines of a stream of bytes. */
export async function* linesOf(bytes: ReadableStream<Uint8Array>): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  let rest = "";
  for await (const piece of bytes) {
    const lines = (rest + decoder.decode(piece, { stream: true })).split("\n");
    rest = lines.pop()!;
    yield* lines;
  }
}
