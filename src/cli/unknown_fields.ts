import { nearestName } from "../config/nearest_name.ts";
import type { Problem } from "../core/problems.ts";

/** What matters here of a JSON schema. */
export interface FieldSchema {
  readonly properties?: Readonly<Record<string, FieldSchema>>;
  readonly items?: FieldSchema;
}

/** Every field that a schema does not know. An API server prunes these; whoever typed `destinationpath` wants to hear of it. */
export function unknownFields(
  schema: FieldSchema,
  value: unknown,
  path: readonly string[] = [],
): readonly Problem[] {
  if (Array.isArray(value)) {
    const { items } = schema;
    return items
      ? value.flatMap((item, index) => unknownFields(items, item, [...path, `${index}`]))
      : [];
  }
  const { properties } = schema;
  if (typeof value !== "object" || value === null || !properties) return [];
  return Object.entries(value).flatMap(([name, field]) => {
    const known = Object.hasOwn(properties, name) ? properties[name] : undefined;
    const fieldPath = [...path, name];
    return known
      ? unknownFields(known, field, fieldPath)
      : [{ path: fieldPath, message: unknownMessage(name, Object.keys(properties)) }];
  });
}

function unknownMessage(name: string, known: readonly string[]): string {
  const near = nearestName(name, known);
  return near
    ? `unknown field; did you mean "${near}"?`
    : `unknown field; known: ${known.join(", ")}`;
}
