import { formatDuration } from "../core/duration.ts";

/** A span for people, who need no fractions: `1m30s`; at least a second. */
export function inSeconds(milliseconds: number): string {
  return formatDuration(Math.max(1, Math.round(milliseconds / 1_000)) * 1_000);
}
