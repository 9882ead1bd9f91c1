import type { Clock } from "../core/clock.ts";

/** What ends work, and how long that may take. */
export interface EndWithinOptions {
  readonly signal: AbortSignal;
  /** Milliseconds from the abort. */
  readonly patienceMs: number;
  readonly clock: Pick<Clock, "schedule">;
}

/**
 * Waits for work that a signal ends, after that only for a while: what waits for a store that says nothing must not hold
 * up the end of a process, nor keep its Lease from others.
 *
 * @throws what the work throws until then
 */
export async function endWithin(
  work: Promise<unknown>,
  { signal, patienceMs, clock }: EndWithinOptions,
): Promise<void> {
  const { promise: late, resolve } = Promise.withResolvers<void>();
  let cancel = () => {};
  const begin = () => {
    cancel = clock.schedule(resolve, patienceMs);
  };
  if (signal.aborted) begin();
  else signal.addEventListener("abort", begin, { once: true });
  try {
    await Promise.race([work, late]);
  } finally {
    signal.removeEventListener("abort", begin);
    cancel();
  }
}
