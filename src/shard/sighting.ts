import type { Lease } from "../objects/leases.ts";

/** For a Lease that does not say how long it lasts. */
const unsaidMs = 15_000;

/** All times are of our own monotonic clock, in milliseconds. */
export interface Look {
  readonly leases: readonly Lease[];
  readonly sentAt: number;
  readonly answeredAt: number;
}

/** A Lease, and when we last saw that its holder had renewed it. */
export interface Sighting {
  readonly lease: Lease;
  readonly changedAt: number;
}

/** By the name of the Lease. */
export type Sightings = ReadonlyMap<string, Sighting>;

/** Whether nobody has renewed or taken it meanwhile; others may change its labels. */
const isUnchanged = (before: Lease, after: Lease) =>
  before.uid === after.uid && before.holder === after.holder &&
  before.renewedAt === after.renewedAt && before.acquiredAt === after.acquiredAt;

/** What was seen so far, and in which look. */
export interface Seen {
  readonly sightings: Sightings;
  readonly sentAt: number;
  readonly answeredAt: number;
}

/** Nothing. */
export const nothingSeen: Seen = { sightings: new Map(), sentAt: 0, answeredAt: 0 };

/**
 * What is seen in a look, after what was seen before. A renewal is dated to the answer: that is after its holder sent it,
 * so that a lease never ends here before it ends there. Clocks of two machines are never compared, as in client-go.
 *
 * @param blindAfterMs after so long without a look we were cut off ourselves, and most likely so was everybody: who was
 * live then gets a whole lease to come back, or each outage of the API server would look like the death of all others
 */
export function sight(
  before: Seen,
  { leases, sentAt, answeredAt }: Look,
  blindAfterMs: number,
): Seen {
  const wasBlind = sentAt - before.answeredAt > blindAfterMs;
  const dateOf = (lease: Lease): number => {
    const last = before.sightings.get(lease.name);
    if (last === undefined || !isUnchanged(last.lease, lease)) return answeredAt;
    return wasBlind && isHeld(last, before.sentAt) ? answeredAt : last.changedAt;
  };
  const sightings = leases.map((lease) =>
    [lease.name, { lease, changedAt: dateOf(lease) }] as const
  );
  return { sightings: new Map(sightings), sentAt, answeredAt };
}

/** When a lease ends if it is not renewed. */
export function endOf({ lease, changedAt }: Sighting): number {
  return changedAt + (lease.durationMs || unsaidMs);
}

/**
 * Whether somebody holds it.
 *
 * @param sentAt when the look was sent: only what was asked for after the end shows that nobody renewed it
 */
export function isHeld(sighting: Sighting | undefined, sentAt: number): boolean {
  return sighting !== undefined && sighting.lease.holder !== "" && sentAt < endOf(sighting);
}
