/** Severity as zap counts it: debug -1, info 0, warn 1, error 2. */
export type Severity = -1 | 0 | 1 | 2;

const thresholds: Readonly<Record<string, number>> = {
  trace: -1,
  debug: -1,
  info: 0,
  warn: 1,
  error: 2,
  dpanic: 3,
  panic: 4,
  fatal: 5,
};

/**
 * The least severity that `--zap-log-level` lets through. A whole number n is a verbosity: everything from -n on.
 *
 * @throws {RangeError} for a text that `config/` would have refused
 */
export function logThreshold(level: string): number {
  const threshold = thresholds[level.toLowerCase()];
  if (threshold !== undefined) return threshold;
  if (/^\d+$/.test(level)) return -Number(level);
  throw new RangeError(`Cannot log at level ${JSON.stringify(level)}: no such level`);
}
