/** Runs that begin in the first turn of the event loop. */
export const firstStarts = 8;
const mostStarts = 64;
/** A turn that comes later than this has waited for work: half of what no step may block the loop for (DESIGN §4). */
const lateMs = 25;

/**
 * How many runs may begin in the next turn of the event loop: twice as many as in the last one, or half if that came late.
 * A thousand keys that are due at once must not hold up the renewal of our Lease: it would be lost, with it all that was
 * begun, and what is begun anew would hold up the next one.
 *
 * @param turnMs how late the last turn came
 */
export function startsAfter(starts: number, turnMs: number): number {
  return turnMs > lateMs ? Math.max(1, Math.floor(starts / 2)) : Math.min(mostStarts, starts * 2);
}
