import { isMap, isNode, isScalar, isSeq, LineCounter, parseAllDocuments } from "yaml";
import type { WhitelistProblem } from "./whitelist_error.ts";

/** More than any whitelist needs; an alias bomb needs millions. */
const maxAliasCount = 100;

/** The first document of a YAML text. All plain values are texts: a pattern such as `1.0` stays what was written. */
export interface YamlFile {
  readonly value: unknown;
  /** The line of what stands at a path, or of what it stands in; counted from 1. */
  lineOf(path: readonly (string | number)[]): number;
  /** Whether more documents follow that hold something. */
  readonly hasMore: boolean;
}

/** Parses a text, or says what is wrong with it. */
export function parseYamlFile(text: string): YamlFile | readonly WhitelistProblem[] {
  const lines = new LineCounter();
  const documents = [...parseAllDocuments(text, {
    lineCounter: lines,
    logLevel: "error",
    merge: true,
    prettyErrors: false,
    schema: "failsafe",
    stringKeys: true,
  })];
  const problems = documents.flatMap(({ errors }) => errors).map(({ pos, message }) => ({
    line: lines.linePos(pos[0]).line,
    message: `not YAML: ${message}`,
  }));
  if (problems.length > 0) return problems;
  const [document, ...more] = documents;
  const lineOf = (path: readonly (string | number)[]) =>
    lines.linePos(offsetOf(document?.contents, path)).line || 1;
  try {
    return {
      value: document?.toJS({ maxAliasCount }),
      lineOf,
      hasMore: more.some(({ contents }) => contents !== null),
    };
  } catch (error) {
    // For an alias too many and for one without an anchor.
    if (!(error instanceof ReferenceError)) throw error;
    return [{ line: 1, message: `not YAML: ${error.message}` }];
  }
}

function offsetOf(contents: unknown, path: readonly (string | number)[]): number {
  let node = contents;
  let offset = startOf(node, 0);
  for (const step of path) {
    if (isMap(node)) {
      const pair = node.items.find(({ key }) => isScalar(key) && key.value === step);
      offset = startOf(pair?.key, offset);
      node = pair?.value;
    } else if (isSeq(node)) {
      node = node.items[Number(step)];
      offset = startOf(node, offset);
    }
  }
  return offset;
}

function startOf(node: unknown, otherwise: number): number {
  return isNode(node) ? node.range?.[0] ?? otherwise : otherwise;
}
