import type { MembersChange } from "./members.ts";
import { mustFence, ownsIn, workerIn } from "./ring.ts";

/** What a change of the members did to a source, as one replica sees it, in words for people. */
export const handovers = {
  taken_over: "its owner ended without giving its Lease back",
  received: "its owner gave it up, or gave its Lease back",
  given_away: "this replica gave it up to others",
  lost: "this replica's Lease ran out, or another process took it",
} as const;

/** @see handovers */
export type Handover = keyof typeof handovers;

/** Of which state a member loses all that it has without giving it to anybody. */
const losingStates: readonly MembersChange["state"][] = ["lapsed", "taken", "starting", "refused"];

/**
 * How a source came to us or left us with a change; `begun` if nobody else worked on it before, undefined if it did
 * neither.
 *
 * @param source its uid, and who owns it by its status
 */
export function handoverOf(
  change: MembersChange,
  source: { readonly uid: string; readonly owner: string | undefined },
): Handover | "begun" | undefined {
  const { before, after, state } = change;
  const [was, is] = [ownsIn(before, source.uid), ownsIn(after, source.uid)];
  if (was === is) return undefined;
  if (was) return losingStates.includes(state) ? "lost" : "given_away";
  const last = workerIn(before, source.uid);
  if (last === undefined || last === after.self) {
    return mustFence(change, source) ? "taken_over" : "begun";
  }
  const end = after.ended.findLast(({ member }) => member.name === last);
  return end && !end.isHandedOver ? "taken_over" : "received";
}
