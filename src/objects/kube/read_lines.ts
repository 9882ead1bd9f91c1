const newline = 10;

function join(pieces: readonly Uint8Array[]): Uint8Array {
  const [only] = pieces;
  if (pieces.length === 1 && only) return only;
  const whole = new Uint8Array(pieces.reduce((size, piece) => size + piece.length, 0));
  let at = 0;
  for (const piece of pieces) {
    whole.set(piece, at);
    at += piece.length;
  }
  return whole;
}

/**
 * The lines of a body, without their ends. What stands after the last newline is left out: the connection broke in it.
 */
export async function* readLines(
  pieces: AsyncIterable<Uint8Array>,
): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  let pending: Uint8Array[] = [];
  for await (const piece of pieces) {
    let start = 0;
    for (let end = piece.indexOf(newline); end >= 0; end = piece.indexOf(newline, start)) {
      const line = decoder.decode(join([...pending, piece.subarray(start, end)]));
      pending = [];
      start = end + 1;
      if (line !== "") yield line;
    }
    // A copy: what came is valid until the next is asked for.
    if (start < piece.length) pending.push(piece.slice(start));
  }
}
