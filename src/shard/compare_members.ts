/** The number at the end of the name of a StatefulSet's pod; others come after all of those. */
const ordinalOf = (name: string): number => Number(/-(\d{1,9})$/.exec(name)?.[1] ?? Infinity);

/** Orders members by the ordinals of their pods, then by name. */
export function compareMembers(left: string, right: string): number {
  const [first, second] = [ordinalOf(left), ordinalOf(right)];
  if (first !== second) return first < second ? -1 : 1;
  return left < right ? -1 : left > right ? 1 : 0;
}

/** Whether a name is that of a StatefulSet's second or later pod: then there is, or was, another replica. */
export function isLaterReplica(name: string): boolean {
  const ordinal = ordinalOf(name);
  return ordinal > 0 && ordinal !== Infinity;
}
