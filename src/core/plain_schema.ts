import type { TSchema } from "typebox";
import { mapValues } from "./map_values.ts";

/**
 * What our TypeBox descriptions are made of, as plain JSON Schema: the part of it that a CustomResourceDefinition can say.
 */
export interface PlainSchema {
  readonly type?: "object" | "array" | "string" | "integer" | "number" | "boolean";
  readonly description?: string;
  readonly default?: unknown;
  readonly enum?: readonly string[];
  readonly pattern?: string;
  readonly format?: string;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly minItems?: number;
  readonly maxItems?: number;
  readonly items?: PlainSchema;
  readonly properties?: Readonly<Record<string, PlainSchema>>;
  readonly required?: readonly string[];
  /** Every field that `properties` does not name is of this schema. */
  readonly additionalProperties?: PlainSchema;
  /** The field named by the value of this one must be there too: `type: http` wants `http`. */
  readonly discriminator?: { readonly propertyName: string };
}

const copied = new Set([
  ...["type", "description", "default", "enum", "pattern", "format", "minLength", "maxLength"],
  ...["minimum", "maximum", "minItems", "maxItems", "required", "discriminator"],
]);
/** How TypeBox writes a record: every key. */
const anyKey = "^.*$";

/** A union of literals is an enumeration. */
function literalsOf(members: readonly TSchema[]): PlainSchema {
  const values = members.map((member) => (member as { const?: unknown }).const);
  if (values.some((value) => typeof value !== "string")) {
    throw new TypeError("Cannot describe a union: only unions of strings have a structural schema");
  }
  return { type: "string", enum: values as string[] };
}

function changeKeyword(keyword: string, value: unknown): PlainSchema {
  if (copied.has(keyword)) return { [keyword]: value };
  switch (keyword) {
    case "anyOf":
      return literalsOf(value as readonly TSchema[]);
    case "const":
      return literalsOf([{ const: value }]);
    case "items":
      return { items: toPlainSchema(value as TSchema) };
    case "properties":
      return { properties: mapValues(value as Record<string, TSchema>, toPlainSchema) };
    case "patternProperties": {
      const every = (value as Record<string, TSchema>)[anyKey];
      if (every) return { additionalProperties: toPlainSchema(every) };
    }
  }
  throw new TypeError(`Cannot describe "${keyword}": it has no structural schema`);
}

/**
 * A TypeBox schema without what a CustomResourceDefinition cannot say.
 *
 * @throws {TypeError} if it uses a keyword of which there is no structural form
 * @see https://kubernetes.io/docs/tasks/extend-kubernetes/custom-resources/custom-resource-definitions/#specifying-a-structural-schema
 */
export function toPlainSchema(schema: TSchema): PlainSchema {
  const plain = {};
  for (const [keyword, value] of Object.entries(schema)) {
    Object.assign(plain, changeKeyword(keyword, value));
  }
  return plain;
}
