import type { StoredContent } from "../core/artifact.ts";

/** What other replicas hold of artifacts, where each has a store of its own (DESIGN §8). */
export interface ArtifactCopies {
  /**
   * Waits until as many replicas hold a stored artifact as are wanted, for 10 s at most.
   *
   * @returns why there are fewer; undefined if there are enough
   */
  spread(key: string): Promise<string | undefined>;
  /** Gets a published artifact back into the own store from another replica; whether it is there now. Never rejects. */
  recover(artifact: StoredContent): Promise<boolean>;
}

/** Where all replicas have one store, or there is only one. */
export const noCopies: ArtifactCopies = {
  spread: () => Promise.resolve(undefined),
  recover: () => Promise.resolve(false),
};
