import type { Peer } from "../core/peer.ts";
import type { RingChange } from "./ring.ts";

/** What a replica is at a moment, in words for a log. */
export const memberStates = {
  starting: "it has no Lease yet",
  member: "it owns sources",
  standby: "another replica owns all sources, because not every one has --leader-elect",
  yielding: "the Go implementation's leader is alive",
  lapsed: "its Lease is not renewed",
  taken: "another process runs under its name",
  refused: "it cannot use Leases, and may not be the only replica",
  alone: "it cannot use Leases, and writes as if it was the only replica",
  released: "it ends, and gives its Lease back if it has one",
} as const;

/** @see memberStates */
export type MemberState = keyof typeof memberStates;

/** What a listener is told. */
export interface MembersChange extends RingChange {
  readonly state: MemberState;
  readonly mayWrite: boolean;
}

/**
 * The replicas that share the sources, as one of them sees it. Every answer is from memory and true at the moment it is
 * asked for: after a pause, too, it is judged by the clock before anything is sent.
 */
export interface Members {
  /** Our own name, for `status.owner`; undefined without a cluster. */
  readonly name: string | undefined;
  readonly state: MemberState;
  /** The artifact servers of the other live members, the lowest ordinal first. */
  peers(): readonly Peer[];
  /** Whether this replica alone works on the source with that uid. It keeps its sources while it may not write. */
  owns(uid: string): boolean;
  /** Whether anything may be sent to the API server now. */
  mayWrite(): boolean;
  /**
   * For one piece of work on a source: begin it only if this is true, and ask again right before each write. False for good
   * once our lease had run out meanwhile, because others may have gone on.
   */
  hold(uid: string): () => boolean;
  /** The live member that works on a source or is about to; undefined while nobody does. */
  ownerOf(uid: string): string | undefined;
  /** How long ago, in milliseconds, the owner of a source has ended; undefined if it has not, or not of late. */
  msSinceOwnerEnded(uid: string): number | undefined;
  /** Tells each change of who owns what, who is a peer, and whether we may write. Returns what stops it. */
  onChange(listener: (change: MembersChange) => void): () => void;
}

/** Without a cluster there is only this process. */
export const soleMember: Members = {
  name: undefined,
  state: "member",
  peers: () => [],
  owns: () => true,
  mayWrite: () => true,
  hold: () => () => true,
  ownerOf: () => undefined,
  msSinceOwnerEnded: () => undefined,
  onChange: () => () => {},
};
