/** How long something may take, in milliseconds. */
export interface EventuallyOptions {
  readonly withinMs: number;
  /** For the message, if it does not come true. */
  readonly what: string;
  /** The pause between two looks, in milliseconds; longer where a look is dear. */
  readonly lookEveryMs?: number;
}

/**
 * Waits until `look` returns something other than undefined or false, and returns that. What `look` throws counts as
 * "not yet" and is told if time runs out.
 */
export async function eventually<T>(
  look: () => Promise<T | undefined | false> | T | undefined | false,
  { withinMs, what, lookEveryMs = 25 }: EventuallyOptions,
): Promise<T> {
  const deadline = Date.now() + withinMs;
  let last: unknown;
  while (true) {
    try {
      const found = await look();
      if (found !== undefined && found !== false) return found;
    } catch (error) {
      last = error;
    }
    if (Date.now() > deadline) {
      throw new Error(`Not within ${withinMs} ms: ${what}`, { cause: last });
    }
    await new Promise((resolve) => setTimeout(resolve, lookEveryMs));
  }
}
