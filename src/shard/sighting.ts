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

/**
 * What is seen in a look, after what was seen before. A renewal is dated to the answer: that is after its holder sent it,
 * so that a lease never ends here before it ends there. Clocks of two machines are never compared, as in client-go.
 */
export function sight(before: Sightings, { leases, answeredAt }: Look): Sightings {
  return new Map(leases.map((lease) => {
    const last = before.get(lease.name);
    const isSame = last !== undefined && isUnchanged(last.lease, lease);
    return [lease.name, { lease, changedAt: isSame ? last.changedAt : answeredAt }];
  }));
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
