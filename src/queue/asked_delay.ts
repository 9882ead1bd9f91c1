/**
 * Milliseconds to wait for a server that asks to be left alone for a while: never less, and up to a quarter more, since
 * it asks the same of everyone and would have everyone back in one instant.
 */
export function askedDelay(askedMs: number, random: () => number): number {
  return askedMs * (1 + random() / 4);
}
