import type { ByteRange } from "../store/artifact_store.ts";

const single = /^bytes=[ \t]*([0-9]*)-([0-9]*)[ \t]*$/i;

/**
 * The range that a `Range` field asks for (RFC 9110 §14.2).
 *
 * @returns undefined if there is none to honour: another unit, nonsense, or several ranges, which we answer with the
 * whole, as the RFC allows; "unsatisfiable" if it begins after the end
 */
export function parseByteRange(
  field: string | undefined,
  size: number,
): ByteRange | "unsatisfiable" | undefined {
  const match = single.exec(field ?? "");
  if (!match) return undefined;
  const [, first = "", last = ""] = match;
  if (first === "") return last === "" ? undefined : suffix(Number(last), size);
  const start = Number(first);
  const end = last === "" ? size : Math.min(Number(last) + 1, size);
  if (last !== "" && Number(last) < start) return undefined;
  return start < size ? { start, end } : "unsatisfiable";
}

function suffix(length: number, size: number): ByteRange | "unsatisfiable" {
  if (length === 0 || size === 0) return "unsatisfiable";
  return { start: Math.max(0, size - length), end: size };
}
