/** Where an input goes. */
export interface FeedTarget {
  readonly stdin: WritableStream<Uint8Array<ArrayBuffer>>;
  /** Resolves when the command has ended; the rest of the input is not waited for. */
  readonly over: Promise<void>;
}

/**
 * Writes an input to a command's standard input, with back pressure. A command that does not read all of it is no failure.
 *
 * @throws what the input throws
 */
export async function feedInput(
  input: AsyncIterable<Uint8Array>,
  { stdin, over }: FeedTarget,
): Promise<void> {
  const writer = stdin.getWriter();
  const iterator = input[Symbol.asyncIterator]();
  const none = over.then(() => ({ done: true, value: undefined }) as const);
  const read = () => Promise.race([iterator.next(), none]);
  try {
    for (let next = await read(); !next.done; next = await read()) {
      if (!await isRead(writer, next.value)) return;
    }
  } finally {
    await writer.close().catch(() => {});
    // Nobody waits for it: it may settle only with a next piece, which may never come.
    iterator.return?.().catch(() => {});
  }
}

/** The pipe breaks when the command closes its end or ends. */
async function isRead(
  writer: WritableStreamDefaultWriter<Uint8Array<ArrayBuffer>>,
  piece: Uint8Array,
): Promise<boolean> {
  try {
    // Streams do not hand out bytes of a shared buffer, which the type of pieces leaves open.
    await writer.write(piece as Uint8Array<ArrayBuffer>);
    return true;
  } catch {
    return false;
  }
}
