/** Reads a stream to its end and keeps only its first bytes, as text. */
export async function readStart(
  stream: ReadableStream<Uint8Array>,
  maxBytes: number,
): Promise<string> {
  const kept: Uint8Array[] = [];
  let size = 0;
  for await (const piece of stream) {
    const start = piece.subarray(0, maxBytes - size);
    if (start.length > 0) kept.push(start);
    size += start.length;
  }
  const decoder = new TextDecoder();
  return kept.map((piece) => decoder.decode(piece, { stream: true })).join("") + decoder.decode();
}
