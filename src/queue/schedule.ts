/** When a source is fetched without being asked to; times in milliseconds. */
export interface Schedule {
  readonly intervalMs: number;
  /** `--min-interval`: a shorter interval counts as this one. */
  readonly minimumMs: number;
}

/** Runs come at most so much of the interval late, so that sources created together part (Flux's default). */
const jitterFactor = 0.05;
/** How many sources a second are fetched after a start that finds them without an artifact. */
const firstFetchesPerSecond = 100;

/**
 * When the next run of a source begins, if the last one began at `startedAt`: after the interval or up to 5 % later, never
 * earlier. Counted from the begin, so that slow runs do not stretch the interval.
 */
export function nextRunAt(schedule: Schedule, startedAt: number, random: () => number): number {
  return startedAt + effectiveIntervalMs(schedule) * (1 + jitterFactor * random());
}

/**
 * When a source with an artifact runs first after a start of the controller, within one interval of `now`. The time
 * depends on its key and the wall clock only: sources are spread evenly, and restarts, however many, neither fetch them
 * more often nor put them off.
 */
export function firstRunAt(schedule: Schedule, key: string, now: number): number {
  const intervalMs = effectiveIntervalMs(schedule);
  const phase = intervalMs * hashFraction(key);
  return now + intervalMs - positiveRemainder(now - phase, intervalMs);
}

/** The fetches that a start begins with. */
export interface FirstFetches {
  /** Of how many sources: never fetched, being retried, or without the artifact that they publish. */
  readonly count: number;
  /** `--startup-spread`: the time that they take at most, in milliseconds. */
  readonly spreadMs: number;
}

/**
 * Milliseconds from a start to the first fetch of a source: none for a few, a hundred a second for many, more a second only
 * if they would else take longer than they may.
 */
export function firstFetchDelay(
  { count, spreadMs }: FirstFetches,
  random: () => number,
): number {
  return random() * Math.min(Math.max(0, count - 1) * 1_000 / firstFetchesPerSecond, spreadMs);
}

function effectiveIntervalMs({ intervalMs, minimumMs }: Schedule): number {
  return Math.max(intervalMs, minimumMs, 1);
}

function positiveRemainder(dividend: number, divisor: number): number {
  return ((dividend % divisor) + divisor) % divisor;
}

/** FNV-1a with a final mix, as a fraction of 1: equal in every process, unlike a random number. */
function hashFraction(text: string): number {
  let hash = 0x811c9dc5;
  for (let index = 0; index < text.length; index++) {
    hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193);
  }
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return ((hash ^ (hash >>> 16)) >>> 0) / 2 ** 32;
}
