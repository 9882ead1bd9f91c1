const pieceBytes = 16 * 1024;

/**
 * The pieces of a body until it ends or `signal` aborts, which throws the signal's reason; each is valid until the next is
 * asked for. The signal given to `fetch` is not enough: Deno (2.9.6) follows it weakly, and after a garbage collection an
 * abort never reaches a body.
 *
 * @param body a byte stream, as the body of a fetched response is
 */
export async function* readPieces(
  body: ReadableStream<Uint8Array>,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array> {
  signal.throwIfAborted();
  // With a buffer of its own: Deno's default reader leaves 64 KiB a piece to the garbage collection, twice a call.
  const reader = body.getReader({ mode: "byob" });
  // Cancelling also ends a read that waits.
  const cancel = () => void reader.cancel().catch(() => {});
  signal.addEventListener("abort", cancel);
  try {
    let next = await reader.read(new Uint8Array(pieceBytes));
    while (!next.done) {
      yield next.value;
      next = await reader.read(new Uint8Array(next.value.buffer));
    }
    signal.throwIfAborted();
  } finally {
    signal.removeEventListener("abort", cancel);
    cancel();
  }
}
