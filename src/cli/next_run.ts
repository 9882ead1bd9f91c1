import { reconcileSettings } from "../config/settings/reconcile_settings.ts";
import { findCondition } from "../core/condition.ts";
import { parseDuration } from "../core/duration.ts";
import type { ExternalSource } from "../core/external_source.ts";
import { inSeconds } from "./in_seconds.ts";

const { default: usualMinimum, minimum: leastMinimum } = reconcileSettings.minInterval;

/**
 * When a source is fetched next, as far as it can be told from outside: a wait that the status names, `retrying` for waits
 * of less than a minute after failures, which no status names, else the interval.
 *
 * @param now milliseconds since the epoch
 */
export function nextRun({ spec, status }: ExternalSource, now: number): string {
  const { interval, suspend } = (spec ?? {}) as {
    readonly interval?: unknown;
    readonly suspend?: unknown;
  };
  if (suspend === true) return "suspended";
  const conditions = status.conditions ?? [];
  const stalled = findCondition(conditions, "Stalled");
  if (stalled && stalled.reason !== "RetriesExhausted" && stalled.reason !== "NameConflict") {
    return "stalled";
  }
  const wait = Date.parse(status.nextAttemptTime ?? "") - now;
  if (wait > 0) return `in ${inSeconds(wait)}`;
  if (findCondition(conditions, "Reconciling")?.reason === "ProgressingWithRetry") {
    return "retrying";
  }
  return typeof interval === "string" ? everyInterval(interval) : "";
}

/** The controller raises short intervals to its `--min-interval`, which is not known here. */
function everyInterval(interval: string): string {
  const ms = parseDuration(interval);
  if (ms === undefined) return "";
  if (ms >= usualMinimum) return `every ${interval}`;
  return `every ${ms < leastMinimum ? inSeconds(leastMinimum) : interval} or longer`;
}
