/** How urgently a run is wanted, the most urgent first. */
export const priorities = ["triggered", "due", "retried"] as const;

/**
 * Why a source is run: somebody waits for it (`triggered`), its time has come (`due`), or it failed and is tried again
 * (`retried`).
 */
export type Priority = typeof priorities[number];

/** The more urgent of two. */
export function moreUrgent(a: Priority, b: Priority): Priority {
  return priorities.indexOf(a) <= priorities.indexOf(b) ? a : b;
}
