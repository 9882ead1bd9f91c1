const unitMs: Readonly<Record<string, number>> = {
  ns: 1e-6,
  us: 1e-3,
  "µs": 1e-3,
  "μs": 1e-3,
  ms: 1,
  s: 1_000,
  m: 60_000,
  h: 3_600_000,
};
const component = /([0-9]+(?:\.[0-9]*)?|\.[0-9]+)(ns|us|µs|μs|ms|s|m|h)/y;

/** What a text must be that {@linkcode parseDuration} is to read, for those who wrote another. */
export const durationWords = "a duration such as 30s or 1h30m";

/** The part of Go's durations that `spec.interval` may be: the pattern of the CRD. */
export const intervalPattern = String.raw`^([0-9]+(\.[0-9]+)?(ms|s|m|h))+$`;

/** The longest duration that Go's `time.ParseDuration` accepts, 2^63 ns, in milliseconds. */
const maxMs = 9_223_372_036_854;

/**
 * A Go duration (`1h30m`, `250ms`, `1.5s`) in milliseconds.
 *
 * @returns undefined if the text is not a duration, is negative or exceeds Go's range
 * @see https://pkg.go.dev/time#ParseDuration
 */
export function parseDuration(text: string): number | undefined {
  if (text === "0") return 0;
  let total = 0;
  component.lastIndex = 0;
  while (component.lastIndex < text.length) {
    const match = component.exec(text);
    if (!match) return undefined;
    total += Number(match[1]) * unitMs[match[2]!]!;
  }
  return text.length > 0 && total <= maxMs ? total : undefined;
}

/** Milliseconds as a person reads them: `250ms`, `1.5s`, `2m`, `1h30m`. */
export function formatDuration(ms: number): string {
  if (ms < 1_000) return `${Math.round(ms)}ms`;
  if (ms < 60_000) return `${Math.round(ms / 100) / 10}s`;
  const seconds = Math.round(ms / 1_000);
  const parts: readonly [number, string][] = [
    [Math.floor(seconds / 3_600), "h"],
    [Math.floor(seconds / 60) % 60, "m"],
    [seconds % 60, "s"],
  ];
  return parts.filter(([count]) => count > 0).map(([count, unit]) => `${count}${unit}`).join("");
}
