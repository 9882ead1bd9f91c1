/** Whether a user who names a file means standard input; Deno does not open /dev/stdin once a permission is given up. */
export function isStandardInput(file: string): boolean {
  return file === "-" || file === "/dev/stdin";
}

/** Standard input until a signal ends it: a terminal gives none, and a pipe may never end. */
export function standardInput(signal: AbortSignal): ReadableStream<Uint8Array<ArrayBuffer>> {
  return Deno.stdin.readable.pipeThrough(new TransformStream(), { signal });
}

/** Whether a user who names a file means standard output. */
export function isStandardOutput(file: string): boolean {
  return file === "-" || file === "/dev/stdout";
}
