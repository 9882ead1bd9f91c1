import {
  KindNotInstalledError,
  NotFoundError,
  ObjectsUnavailableError,
} from "../objects/objects.ts";

/** `wait`: it may pass. `refused`: nothing is written. `alone`: we go on as the only replica. */
export type RefusalVerdict = "wait" | "refused" | "alone";

/** What is known when Leases cannot be used. */
export interface Refused {
  readonly error: unknown;
  /** For how long nothing else was answered, in milliseconds. */
  readonly sinceMs: number;
  readonly durationMs: number;
  /** Whether others are to be expected: `--leader-elect`, a later pod of a StatefulSet, or a Lease of another member. */
  readonly expectsOthers: boolean;
}

/** Whether an error is one that trying again will most likely not mend. */
export function isRefusal(error: unknown): boolean {
  const isForbidden = error instanceof ObjectsUnavailableError && error.refusal === "forbidden";
  return isForbidden || error instanceof NotFoundError || error instanceof KindNotInstalledError;
}

/**
 * What a replica does that may not use Leases and has never had one. The Go implementation needs none without
 * `--leader-elect` and does nothing with it; we do the same, and beyond that leave the writing to the first pod of a
 * StatefulSet. An API server that starts refuses and misses much at first, so only what lasts for a lease counts; but a
 * namespace that does not exist has no other members either.
 */
export function judgeRefusal(
  { error, sinceMs, durationMs, expectsOthers }: Refused,
): RefusalVerdict {
  if (error instanceof NotFoundError) return "alone";
  if (sinceMs < durationMs) return "wait";
  return expectsOthers ? "refused" : "alone";
}
