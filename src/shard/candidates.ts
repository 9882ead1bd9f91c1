import type { Member } from "./member.ts";
import type { Roster } from "./roster.ts";

/** @see candidatesOf */
export interface CandidateOptions {
  /** Ourselves; whoever runs under our name, if that is another process. */
  readonly self: Pick<Member, "name" | "isShared" | "acquiredAt">;
  readonly roster: Roster;
  /** By our monotonic clock. */
  readonly now: number;
  /** How long the sources of an ended member wait for it. */
  readonly takeoverDelayMs: number;
}

/**
 * Among whom the owners of sources are chosen, by name: all members if all share (`--leader-elect`), else the oldest alone.
 * Replicas that differ in the flag, as during a roll-out that changes it, so still agree on one owner.
 */
export function candidatesOf(options: CandidateOptions): readonly string[] {
  const { self, roster, now, takeoverDelayMs } = options;
  const kept = roster.ended
    .filter(({ at }) => now - at < takeoverDelayMs)
    .map(({ member }) => member);
  const members = [self, ...roster.live, ...kept];
  const byAge = members.toSorted((left, right) =>
    left.acquiredAt - right.acquiredAt || (left.name < right.name ? -1 : 1)
  );
  const chosen = members.every((member) => member.isShared) ? members : byAge.slice(0, 1);
  return chosen.map(({ name }) => name).toSorted();
}
