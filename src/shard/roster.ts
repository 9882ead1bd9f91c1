import { type Member, readMember, type WatchScope } from "./member.ts";
import { endOf, isHeld, type Seen, type Sighting } from "./sighting.ts";

/** How long it is remembered who ended, in milliseconds: readers ask for half a minute (DESIGN §8). */
const rememberMs = 120_000;

/** A member whose lease ended. */
export interface EndedMember {
  readonly member: Member;
  /** When, by our monotonic clock. */
  readonly at: number;
  /** Whether it gave its lease back after its last write; otherwise a write of it may still be on its way. */
  readonly isHandedOver: boolean;
  /** Among whom owners were chosen until then. */
  readonly candidates: readonly string[];
}

/** The other members of our scope. */
export interface Roster {
  /** By name. */
  readonly live: readonly Member[];
  /** The latest last. */
  readonly ended: readonly EndedMember[];
}

/** Nobody was seen yet. */
export const emptyRoster: Roster = { live: [], ended: [] };

/** @see nextRoster */
export interface RosterOptions {
  /** Our own name. */
  readonly self: string;
  readonly scope: WatchScope;
  /** Among whom owners were chosen until this look. */
  readonly candidates: readonly string[];
  /** How long an ended member keeps its sources. */
  readonly takeoverDelayMs: number;
}

const isSameScope = (left: WatchScope, right: WatchScope) =>
  left.namespace === right.namespace && left.labelSelector === right.labelSelector;

/** Who is a member after a look. */
export function nextRoster(before: Roster, seen: Seen, options: RosterOptions): Roster {
  const { sightings, sentAt, answeredAt } = seen;
  const { self, scope, candidates, takeoverDelayMs } = options;
  const found = [...sightings.values()].flatMap((sighting) => {
    const member = readMember(sighting.lease);
    const isOther = member && member.name !== self && isSameScope(member.scope, scope);
    return isOther ? [{ member, sighting }] : [];
  });
  const live = found
    .filter(({ sighting }) => isHeld(sighting, sentAt))
    .map(({ member }) => member)
    .toSorted((left, right) => left.name < right.name ? -1 : 1);
  const isLive = (name: string) => live.some((member) => member.name === name);
  const ended = before.live
    .filter((member) => !isLive(member.name))
    .map((member): EndedMember => {
      const found_ = found.find((each) => each.member.name === member.name);
      return { member, ...ending(found_?.sighting, answeredAt), candidates };
    });
  const remembered = before.ended
    .filter(({ member, at }) =>
      !isLive(member.name) && answeredAt - at < Math.max(rememberMs, takeoverDelayMs)
    );
  return { live, ended: [...remembered, ...ended] };
}

/** A Lease that is gone or has no holder was given back: those of dead members stay for longer than anybody needs to judge them. */
function ending(sighting: Sighting | undefined, answeredAt: number) {
  return sighting === undefined || sighting.lease.holder === ""
    ? { at: answeredAt, isHandedOver: true }
    : { at: endOf(sighting), isHandedOver: false };
}
