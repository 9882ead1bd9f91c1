/**
 * Gives the memory of a piece back at once, which nobody may use any more. Left to the garbage collection, the pieces of a body
 * grow to 64 MiB before V8 (of Deno 2.9.6) looks for them: it counts what was not allocated by JavaScript late. Memory that
 * the piece shares with others stays.
 */
export function releasePiece({ buffer, byteLength }: Uint8Array): void {
  if (buffer instanceof ArrayBuffer && buffer.byteLength === byteLength) buffer.transfer(0);
}
