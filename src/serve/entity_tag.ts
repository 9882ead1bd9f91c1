/**
 * Whether an `If-None-Match` field names an entity tag, compared weakly as RFC 9110 §13.1.2 wants it.
 *
 * @param tag ours: strong, in quotes, without a comma
 */
export function namesEntityTag(field: string | undefined, tag: string): boolean {
  if (field === undefined) return false;
  return field.split(",").map((item) => item.trim()).some((item) =>
    item === "*" || item === tag || item === `W/${tag}`
  );
}
