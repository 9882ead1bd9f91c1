import type { Clock } from "../core/clock.ts";
import { systemClock } from "./system_clock.ts";

/** What time is taken from. */
export interface TimeSources {
  /** Milliseconds that the machine has been awake, since any moment. */
  readonly awakeMs: () => number;
  /** Whole seconds since the machine was started, those asleep included; rounded either way. */
  readonly uptimeSeconds: () => number;
}

/**
 * A clock that no one can set: it never goes back and never jumps, but also counts the time that the machine slept, which
 * `performance.now()` leaves out on Linux (CLOCK_MONOTONIC; a stopped process it does count). Its `now` is milliseconds
 * since it was made.
 */
export function createSteadyClock({ awakeMs, uptimeSeconds }: TimeSources): Clock {
  const [awakeAtStart, uptimeAtStart] = [awakeMs(), uptimeSeconds()];
  let asleepMs = 0;
  return {
    now() {
      const awake = awakeMs() - awakeAtStart;
      // A second less: both readings are rounded.
      const up = (uptimeSeconds() - uptimeAtStart - 1) * 1_000;
      asleepMs = Math.max(asleepMs, up - awake);
      return awake + asleepMs;
    },
    schedule: systemClock.schedule,
  };
}

/** The machine's. */
export const steadyClock: Clock = createSteadyClock({
  awakeMs: () => performance.now(),
  uptimeSeconds: () => Deno.osUptime(),
});
