/**
 * Time as an argument. Rooms never call `Date.now()` or `setTimeout` themselves, so that their tests neither sleep nor
 * depend on the machine.
 */
export interface Clock {
  /** Milliseconds since the Unix epoch. */
  now(): number;
  /** Calls `callback` once after `delayMs` milliseconds, unless the returned function is called before. */
  schedule(callback: () => void, delayMs: number): () => void;
}
