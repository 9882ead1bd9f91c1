/**
 * The pieces of a body until it ends or `signal` aborts, which throws the signal's reason. The signal given to `fetch`
 * is not enough: Deno (2.9.6) follows it weakly, and after a garbage collection an abort never reaches a body.
 */
export async function* readPieces(
  body: ReadableStream<Uint8Array>,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array> {
  signal.throwIfAborted();
  const reader = body.getReader();
  // Cancelling also ends a read that waits.
  const cancel = () => void reader.cancel().catch(() => {});
  signal.addEventListener("abort", cancel);
  try {
    for (let next = await reader.read(); !next.done; next = await reader.read()) yield next.value;
    signal.throwIfAborted();
  } finally {
    signal.removeEventListener("abort", cancel);
    cancel();
  }
}
