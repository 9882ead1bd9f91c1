/** A JSON object, or undefined for anything else. */
export function asRecord(value: unknown): Readonly<Record<string, unknown>> | undefined {
  return typeof value === "object" && value !== null && !Array.isArray(value)
    ? value as Readonly<Record<string, unknown>>
    : undefined;
}

/** A JSON string, or undefined for anything else. */
export function asText(value: unknown): string | undefined {
  return typeof value === "string" ? value : undefined;
}

/** A JSON number, or undefined for anything else. */
export function asNumber(value: unknown): number | undefined {
  return typeof value === "number" ? value : undefined;
}

/** A JSON array, empty for anything else. */
export function asArray(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

/** The strings of a JSON object whose values should all be strings, or undefined if there are none. */
export function asTextRecord(value: unknown): Readonly<Record<string, string>> | undefined {
  const entries = Object.entries(asRecord(value) ?? {})
    .filter((entry): entry is [string, string] => typeof entry[1] === "string");
  return entries.length > 0 ? Object.fromEntries(entries) : undefined;
}

/** The fields that have a value: how a type with optional fields is built from values that may be undefined. */
export function present<T extends object>(
  fields: { readonly [Field in keyof T]: T[Field] | undefined },
): T {
  const result: Partial<T> = {};
  for (const field in fields) {
    if (fields[field] !== undefined) result[field] = fields[field];
  }
  return result as T;
}
