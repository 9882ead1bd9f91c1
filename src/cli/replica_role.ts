/** What one replica among others does. */
export interface ReplicaRole {
  /** Whether every replica sees the same artifacts: then the owner of a source collects its garbage, else each its own. */
  readonly isStoreShared: boolean;
  /** Whether this process reconciles the source with that uid; what it does not own it only serves. */
  readonly owns: (uid: string) => boolean;
}

/** The role of a process that has no others beside it. */
export const soleReplica: ReplicaRole = { isStoreShared: false, owns: () => true };
