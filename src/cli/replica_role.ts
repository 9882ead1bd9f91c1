import { type Members, soleMember } from "../shard/members.ts";

/** What one replica among others does. */
export interface ReplicaRole {
  /** Whether every replica sees the same artifacts: then the owner of a source collects its garbage, else each its own. */
  readonly isStoreShared: boolean;
  /** Whether what the store holds outlives the process. */
  readonly isStoreDurable: boolean;
  /** What this process does not own it only serves. */
  readonly members: Pick<Members, "name" | "owns" | "mayWrite" | "hold" | "msSinceOwnerEnded">;
}

/** The role of a process that has no others beside it. */
export const soleReplica: ReplicaRole = {
  isStoreShared: false,
  isStoreDurable: true,
  members: soleMember,
};
