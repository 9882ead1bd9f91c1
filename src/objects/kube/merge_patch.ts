import { asRecord } from "./fields.ts";

/**
 * The merge patch (RFC 7386) that makes `after` of `before`: what is only in `before` is removed, arrays are replaced
 * whole.
 *
 * @returns undefined if nothing differs
 */
export function mergePatch(before: unknown, after: unknown): unknown {
  const [from, to] = [asRecord(before), asRecord(after)];
  if (!from || !to) return JSON.stringify(before) === JSON.stringify(after) ? undefined : after;
  const patch: Record<string, unknown> = {};
  for (const field of new Set([...Object.keys(from), ...Object.keys(to)])) {
    const value = field in to && to[field] !== undefined ? to[field] : null;
    const difference = value === null ? absent(from[field]) : mergePatch(from[field], value);
    if (difference !== undefined) patch[field] = difference;
  }
  return Object.keys(patch).length > 0 ? patch : undefined;
}

/** What removes a field that has a value. */
function absent(value: unknown): null | undefined {
  return value === undefined || value === null ? undefined : null;
}
