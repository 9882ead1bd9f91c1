import type { TSchema } from "typebox";
import { durationWords, intervalPattern } from "./duration.ts";
import { type PlainSchema, toPlainSchema } from "./plain_schema.ts";
import { publicUrl } from "./public_url.ts";

/** One way in which a value does not obey its schema. */
export interface Problem {
  /** Fields and indexes from the value that was checked down to the one at fault; empty for the value itself. */
  readonly path: readonly string[];
  /** In plain words, without the path: `must be one of "ignore", "retry", "fail", is "never"`. */
  readonly message: string;
}

type Path = readonly string[];

const nouns: Readonly<Record<string, string>> = {
  object: "an object",
  array: "a list",
  string: "a string",
  integer: "an integer",
  number: "a number",
  boolean: "true or false",
};

function typeOf(value: unknown): string {
  if (value === null) return "empty";
  if (Array.isArray(value)) return nouns["array"]!;
  return typeof value === "boolean" ? `${value}` : nouns[typeof value] ?? typeof value;
}

function hasType(value: unknown, type: PlainSchema["type"]): boolean {
  if (type === "array") return Array.isArray(value);
  if (type === "object") return isRecord(value);
  if (type === "integer") return Number.isInteger(value);
  return type === undefined || typeof value === type;
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

const maxQuoted = 64;

/** A value as it may be shown: a URL that was put into the wrong field may carry a credential. */
function quote(text: string): string {
  const shown = text.includes("://") ? publicUrl(text) : text;
  const short = shown.length > maxQuoted ? `${shown.slice(0, maxQuoted)}…` : shown;
  return JSON.stringify(short);
}

/** What a pattern means, for those who cannot read it. */
const patternWords: ReadonlyMap<string, string> = new Map([[intervalPattern, durationWords]]);

function stringProblems(schema: PlainSchema, value: string): string[] {
  const { pattern, minLength = 0, maxLength = Infinity } = schema;
  const found: string[] = [];
  if (schema.enum && !schema.enum.includes(value)) {
    const allowed = schema.enum.map((each) => JSON.stringify(each));
    found.push(
      `must be ${allowed.length > 1 ? "one of " : ""}${allowed.join(", ")}, is ${quote(value)}`,
    );
  }
  if (pattern && !new RegExp(pattern, "u").test(value)) {
    const words = patternWords.get(pattern) ?? `text that matches ${pattern}`;
    found.push(`must be ${words}, is ${quote(value)}`);
  }
  const length = [...value].length;
  if (length < minLength) found.push(`must have ${minLength} characters or more, has ${length}`);
  if (length > maxLength) found.push(`must have at most ${maxLength} characters, has ${length}`);
  return found;
}

function numberProblems(schema: PlainSchema, value: number): string[] {
  const { minimum = -Infinity, maximum = Infinity } = schema;
  return [
    ...(value < minimum ? [`must be ${minimum} or more, is ${value}`] : []),
    ...(value > maximum ? [`must be at most ${maximum}, is ${value}`] : []),
  ];
}

function* listProblems(schema: PlainSchema, value: readonly unknown[], path: Path) {
  const { minItems = 0, maxItems = Infinity, items } = schema;
  const count = value.length;
  if (count < minItems) yield { path, message: `must have ${minItems} entries or more` };
  if (count > maxItems) yield { path, message: `must have at most ${maxItems} entries` };
  if (!items) return;
  for (const [index, item] of value.entries()) yield* walk(items, item, [...path, `${index}`]);
}

/** The fields that must be there, with those that the discriminator's value adds. */
function requiredBy(schema: PlainSchema, value: Readonly<Record<string, unknown>>) {
  const { discriminator, properties = {}, required = [] } = schema;
  const always = required.map((name) => ({ name, message: "is required" }));
  if (!discriminator) return always;
  const field = discriminator.propertyName;
  const name = value[field];
  if (typeof name !== "string" || !properties[field]?.enum?.includes(name)) return always;
  return [...always, { name, message: `is required when ${field} is ${name}` }];
}

function* objectProblems(
  schema: PlainSchema,
  value: Readonly<Record<string, unknown>>,
  path: Path,
): Iterable<Problem> {
  for (const { name, message } of requiredBy(schema, value)) {
    if (value[name] === undefined) yield { path: [...path, name], message };
  }
  for (const [name, field] of Object.entries(value)) {
    const named = Object.hasOwn(schema.properties ?? {}, name);
    const fieldSchema = named ? schema.properties?.[name] : schema.additionalProperties;
    if (fieldSchema && field !== undefined) yield* walk(fieldSchema, field, [...path, name]);
  }
}

function* walk(schema: PlainSchema, value: unknown, path: Path): Iterable<Problem> {
  if (!hasType(value, schema.type)) {
    yield { path, message: `must be ${nouns[schema.type!]}, is ${typeOf(value)}` };
  } else if (typeof value === "string") {
    yield* stringProblems(schema, value).map((message) => ({ path, message }));
  } else if (typeof value === "number") {
    yield* numberProblems(schema, value).map((message) => ({ path, message }));
  } else if (Array.isArray(value)) {
    yield* listProblems(schema, value, path);
  } else if (isRecord(value)) {
    yield* objectProblems(schema, value, path);
  }
}

/** Schemas are few and stay, while thousands of values are held against each. */
const plainSchemas = new WeakMap<TSchema, PlainSchema>();

/**
 * Everything that is wrong with a value, in the order of the schema and the same as the API server would refuse, but
 * for `format`, which is left to whoever uses the value. Fields that the schema does not name are ignored, as the API
 * server drops them. No message holds a value of a free field or more of a URL than may be public.
 *
 * (TypeBox's own `Errors` ends after eight errors for the whole process and reports each literal of a union.)
 */
export function findProblems(schema: TSchema, value: unknown): Problem[] {
  const plain = plainSchemas.get(schema) ?? toPlainSchema(schema);
  plainSchemas.set(schema, plain);
  return [...walk(plain, value, [])];
}
