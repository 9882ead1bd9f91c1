/** A moment as Kubernetes writes it (`metav1.Time`): RFC 3339, UTC, whole seconds. */
export function formatTime(ms: number): string {
  return new Date(ms).toISOString().replace(/\.\d{3}Z$/, "Z");
}
