const encoder = new TextEncoder();

/** Writes a text to stderr, whole. A closed or full stderr loses the text: the log must not stop what it tells of. */
export function writeStderr(text: string): void {
  let bytes = encoder.encode(text);
  try {
    while (bytes.length > 0) bytes = bytes.subarray(Deno.stderr.writeSync(bytes));
  } catch {
    // Nobody is left to tell.
  }
}
