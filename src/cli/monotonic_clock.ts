import type { Clock } from "../core/clock.ts";

/** Milliseconds since the start of the process, on which no step of the wall clock has an effect; it runs on while the process is stopped. */
export const monotonicClock: Clock = {
  now: () => performance.now(),
  schedule(callback, delayMs) {
    const timer = setTimeout(callback, delayMs);
    return () => clearTimeout(timer);
  },
};
