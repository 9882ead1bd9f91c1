/**
 * Which of two resourceVersions of one kind is newer: negative if `left` is older. They are revisions of etcd, and
 * Kubernetes has said since 1.35 (KEP-5504) that clients may compare them as numbers of any length.
 */
export function compareResourceVersions(left: string, right: string): number {
  if (left.length !== right.length) return left.length - right.length;
  if (left === right) return 0;
  return left < right ? -1 : 1;
}
