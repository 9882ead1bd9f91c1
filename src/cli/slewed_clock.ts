import type { Clock } from "../core/clock.ts";
import { steadyClock } from "./steady_clock.ts";

/** How much faster or slower than it should a clock goes that is off. */
const slew = 1 / 4;

/** What time is taken from. */
export interface SlewedSources {
  /** Milliseconds since the epoch, as the machine has it now; somebody may set it. */
  readonly wallNow: () => number;
  readonly steady: Clock;
}

/**
 * A clock of milliseconds since the epoch that never jumps and never goes back: where the machine's is set anew, it comes up
 * to that slowly, as adjtime(3) does. What is planned by it happens when it was meant to; by the wall clock, a step back of an
 * hour would put every fetch off for an hour, and a step forward make all due at once.
 */
export function createSlewedClock({ wallNow, steady }: SlewedSources): Clock {
  let [time, steadyAt] = [wallNow(), steady.now()];
  return {
    now() {
      const steadyNow = steady.now();
      const elapsed = steadyNow - steadyAt;
      const most = elapsed * slew;
      const off = wallNow() - (time + elapsed);
      time += elapsed + Math.max(-most, Math.min(most, off));
      steadyAt = steadyNow;
      return Math.trunc(time);
    },
    schedule: steady.schedule,
  };
}

/** The machine's. */
export const slewedClock: Clock = createSlewedClock({
  wallNow: () => Date.now(),
  steady: steadyClock,
});
