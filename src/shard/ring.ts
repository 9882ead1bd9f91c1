import type { Member } from "./member.ts";
import { highestOf } from "./rendezvous.ts";
import type { EndedMember } from "./roster.ts";

/** Who owns what, as one replica knows it at one moment. */
export interface Ring {
  /** Our own name. */
  readonly self: string;
  /** Among whom owners are chosen, by the latest look. Some may have ended and be waited for. */
  readonly candidates: readonly string[];
  /** What our Lease has said of that since before that look. We work only on what both give us: others go by what it says. */
  readonly announced: readonly string[];
  /** The other live members. */
  readonly live: readonly Member[];
  readonly ended: readonly EndedMember[];
  /** Those of `live` that go by another view: what that gives them they still work on. */
  readonly contenders: readonly Member[];
}

/** Whether two lists of names, both in order, are the same. */
export const isSameView = (left: readonly string[], right: readonly string[]) =>
  left.length === right.length && left.every((name, index) => name === right[index]);

/** A ring, with its contenders. */
export function ringOf(parts: Omit<Ring, "contenders">): Ring {
  const contenders = parts.live.filter(({ view }) => !isSameView(view.toSorted(), parts.announced));
  return { ...parts, contenders };
}

/** Nobody owns anything. */
export const emptyRing = (self: string): Ring =>
  ringOf({ self, candidates: [], announced: [], live: [], ended: [] });

/** The live member that still works on a source because it does not know better yet. */
function claimerOf({ contenders }: Ring, uid: string): string | undefined {
  return contenders.find(({ name, view }) => highestOf(view, uid) === name)?.name;
}

/** Whether we own the source with that uid: we alone may work on it. */
export function ownsIn(ring: Ring, uid: string): boolean {
  const { self, candidates, announced } = ring;
  if (highestOf(candidates, uid) !== self) return false;
  // Mostly they are one list: all sources are asked for at each change of the members.
  const isAnnounced = announced === candidates || highestOf(announced, uid) === self;
  return isAnnounced && claimerOf(ring, uid) === undefined;
}

/** The live member that is to own a source; undefined while one that ended is waited for, or nobody may write. */
export function ownerIn({ self, candidates, live }: Ring, uid: string): string | undefined {
  const owner = highestOf(candidates, uid);
  return owner === self || live.some(({ name }) => name === owner) ? owner : undefined;
}

/** Since when the owner of a source has ended, by our monotonic clock; undefined if it has not. */
export function ownerEndedIn({ ended }: Ring, uid: string): number | undefined {
  return ended.findLast(({ candidates, member }) => highestOf(candidates, uid) === member.name)?.at;
}

/** Who works on a source by what is known of the others; undefined if nobody is known to. */
export function workerIn(ring: Ring, uid: string): string | undefined {
  return claimerOf(ring, uid) ?? highestOf(ring.announced, uid);
}

/** From one ring to the next. */
export interface RingChange {
  readonly before: Ring;
  readonly after: Ring;
}

/**
 * Whether writes of an older owner may still be on their way, so that the new one, we, has to patch `status.owner` and the
 * annotation of the ExternalArtifact before anything else: each of those writes was computed from an older
 * resourceVersion and then loses (DESIGN §10).
 *
 * @param source its uid, and who owns it by its status: whoever wrote that last
 */
export function mustFence(
  { before, after }: RingChange,
  { uid, owner }: { readonly uid: string; readonly owner: string | undefined },
): boolean {
  const { self, live, ended } = after;
  if (!ownsIn(after, uid) || ownsIn(before, uid)) return false;
  const last = workerIn(before, uid);
  const end = ended.findLast(({ member }) => member.name === last);
  if (last !== self && end && !end.isHandedOver) return true;
  // Whoever is alive has given it up: else it would not be ours.
  const isSafe = owner === last || owner === self || live.some(({ name }) => name === owner);
  return owner !== undefined && !isSafe;
}
