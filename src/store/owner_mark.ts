import { createHash } from "node:crypto";

/** What a controller watches: two with equal selectors own each other's artifacts, in one cluster or after a restore. */
export interface OwnerSelector {
  /** The only namespace that is watched; empty: all. */
  readonly namespace: string;
  /** `--watch-label-selector` */
  readonly labels: string;
}

/**
 * Whose a store is. `absent`: nobody's yet. `unreadable`: somebody's, but the mark does not say whose, so nobody may
 * delete.
 */
export type StoreOwnership = "ours" | "absent" | "foreign" | "unreadable";

/** The name of the mark: `.owner-{hash of the selector}.json` (DESIGN §8). */
export function ownerMarkName({ namespace, labels }: OwnerSelector): string {
  const selector = JSON.stringify([namespace, labels]);
  return `.owner-${createHash("sha256").update(selector).digest("hex")}.json`;
}

/** The mark of a cluster, which is named by the uid of its namespace `kube-system`. */
export function ownerMark(clusterUid: string): string {
  return `${JSON.stringify({ cluster: clusterUid })}\n`;
}

/**
 * The name of the mark of the first cluster that came to a store, whatever it watches: a controller with another selector,
 * to which the sources of this one look gone, learns from it that it is not alone.
 */
export const clusterMarkName = `.cluster-${"0".repeat(64)}.json`;

/** The name of the mark by which a cluster that came later tells the first: neither can know what the other needs. */
export const sharedMarkName = `.shared-${"0".repeat(64)}.json`;

/** The text of that mark. */
export function sharedMark(isShared: boolean): string {
  return `${JSON.stringify({ shared: isShared })}\n`;
}

/** Whether several clusters use a store with this mark; one that cannot be read says yes. */
export function judgeSharedMark(mark: string | undefined): boolean {
  return mark !== undefined && mark !== sharedMark(false);
}

/** Whose a store with this mark is, for the cluster with this uid. */
export function judgeOwnerMark(mark: string | undefined, clusterUid: string): StoreOwnership {
  if (mark === undefined) return "absent";
  const owner = parseOwner(mark);
  if (owner === undefined) return "unreadable";
  return owner === clusterUid ? "ours" : "foreign";
}

function parseOwner(mark: string): string | undefined {
  try {
    const { cluster } = Object(JSON.parse(mark)) as { readonly cluster?: unknown };
    return typeof cluster === "string" && cluster !== "" ? cluster : undefined;
  } catch {
    return undefined;
  }
}
