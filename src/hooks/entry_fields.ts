import { normalize } from "node:path/posix";
import { RE2JS, RE2JSException } from "re2js";
import { parseQuantity } from "../core/quantity.ts";
import { isForbiddenVariable } from "./forbidden_variable.ts";

/** A mistake in the value of a field; in a list, `index` is its place. */
export interface FieldProblem {
  readonly message: string;
  readonly index?: number;
}

/** Reads values of one field of the file, which are texts, lists and maps; takes down what is wrong. */
export type FieldReader<T> = (
  value: unknown,
  report: (problem: FieldProblem) => void,
) => T | undefined;

/** Plain words of YAML 1.1, which the Go implementation takes for a truth value too. */
const truths: Readonly<Record<string, boolean>> = {
  ...{ true: true, yes: true, on: true, y: true },
  ...{ false: false, no: false, off: false, n: false },
};

/** `allowed`, `unsafe`. */
export const readBoolean: FieldReader<boolean> = (value, report) => {
  const word = typeof value === "string" ? value.toLowerCase() : "";
  if (Object.hasOwn(truths, word)) return truths[word];
  report({ message: "must be true or false" });
  return undefined;
};

/** `argumentPatterns`. */
export const readPatterns: FieldReader<readonly RE2JS[]> = (value, report) =>
  readList(value, report, (text, refuse) => {
    try {
      return RE2JS.compile(text);
    } catch (error) {
      if (!(error instanceof RE2JSException)) throw error;
      const state = error.message.replace("error parsing regexp: ", "");
      return refuse(`not a pattern that RE2 can read: ${state}`);
    }
  });

/** `env`. */
export const readVariables: FieldReader<readonly string[]> = (value, report) =>
  readList(value, report, (name, refuse) => {
    if (!/^[A-Za-z_]\w*$/.test(name)) return refuse("must be the name of a variable");
    if (!isForbiddenVariable(name)) return name;
    return refuse(`"${name}" can never be set, as it decides which code runs; remove it`);
  });

/** `path`. */
export const readPath: FieldReader<string> = (value, report) => {
  if (typeof value === "string" && /^\/.*[^/]$/.test(value) && normalize(value) === value) {
    return value;
  }
  report({ message: 'must be the absolute path of a program, such as "/usr/bin/jq"' });
  return undefined;
};

/** `sha256`. */
export const readDigest: FieldReader<string> = (value, report) => {
  const digest = typeof value === "string" ? /^(?:sha256:)?([0-9a-f]{64})$/i.exec(value) : null;
  if (!digest) report({ message: "must be 64 hex digits, as sha256sum prints them" });
  return digest?.[1]?.toLowerCase();
};

/** `maxOutput`, in bytes. */
export const readSize: FieldReader<number> = (value, report) => {
  const bytes = typeof value === "string" ? parseQuantity(value) : undefined;
  if (bytes !== undefined && bytes > 0) return bytes;
  report({ message: "must be a size such as 64Mi or a number of bytes" });
  return undefined;
};

function readList<T>(
  value: unknown,
  report: (problem: FieldProblem) => void,
  readItem: (text: string, refuse: (message: string) => undefined) => T | undefined,
): readonly T[] | undefined {
  if (!Array.isArray(value)) {
    report({ message: "must be a list" });
    return undefined;
  }
  return value.map((text, index) => {
    const refuse = (message: string) => void report({ message, index });
    return typeof text === "string" ? readItem(text, refuse) : refuse("must be a text");
  }).filter((item) => item !== undefined);
}
