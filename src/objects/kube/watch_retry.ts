import { KindNotInstalledError, ObjectsUnavailableError } from "../objects.ts";
import { ApiStatusError } from "./api_status_error.ts";
import { SilentWatchError } from "./silent_watch_error.ts";

/** How long watching waits after a failure. */
export interface WatchBackoff {
  /** The longest first wait, in milliseconds; doubled by each further failure. */
  readonly baseMs: number;
  readonly maxMs: number;
  /** Between two looks for a kind that is not installed. */
  readonly notInstalledMs: number;
}

/** What happened to a list or watch. */
export interface WatchFailure {
  /** Undefined if the server ended the watch in an orderly way, but too soon. */
  readonly error: unknown;
  /** How often in a row without anything good between, from 1. */
  readonly failures: number;
  /** From 0 to below 1. */
  readonly random: number;
}

/** What to do next. */
export interface WatchRetry {
  readonly delayMs: number;
  /** Whether to list anew instead of going on from the last resourceVersion. */
  readonly relist: boolean;
  readonly notInstalled: boolean;
}

/** 410: compacted or too old. 400: not a resourceVersion of this server. 504: one from its future. */
const lostPositionCodes: readonly number[] = [400, 410, 504];

/** A wait between a half and the whole of a span that doubles, so that replicas do not come back all at once. */
function backoff({ failures, random }: WatchFailure, { baseMs, maxMs }: WatchBackoff): number {
  const span = Math.min(maxMs, baseMs * 2 ** Math.min(failures - 1, 30));
  return span * (0.5 + random / 2);
}

/** Decides how a list or watch goes on after it failed. */
export function watchRetry(failure: WatchFailure, limits: WatchBackoff): WatchRetry {
  const { error, random } = failure;
  if (error instanceof KindNotInstalledError) {
    const delayMs = limits.notInstalledMs * (0.75 + random / 2);
    return { delayMs, relist: true, notInstalled: true };
  }
  const relist = error instanceof SilentWatchError ||
    (error instanceof ApiStatusError && lostPositionCodes.includes(error.code));
  const asked = error instanceof ObjectsUnavailableError ? error.retryAfterMs : undefined;
  const own = backoff(failure, limits);
  // Never before the server wants it, and spread: it tells everyone the same.
  const delayMs = asked === undefined ? own : Math.max(own, asked * (1 + random / 4));
  return { delayMs, relist, notInstalled: false };
}
