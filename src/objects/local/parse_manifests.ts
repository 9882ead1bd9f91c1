import {
  type Document,
  isAlias,
  isMap,
  isNode,
  isScalar,
  isSeq,
  LineCounter,
  parseAllDocuments,
  type YAMLError,
} from "yaml";
import type { Manifest, ManifestProblem } from "./manifest.ts";

/** More than any manifest needs; an alias bomb needs millions. */
const maxAliasCount = 100;

/** Messages of the parser that quote the file, which may be a Secret, and what is said in their place. */
const quoting: Readonly<Record<string, string>> = {
  BAD_DIRECTIVE: "a directive that is not known",
  BAD_DQ_ESCAPE: "an escape sequence that is not known",
  BAD_SCALAR_START: "a character that no plain value may start with",
  TAG_RESOLVE_FAILED: "a tag that is not known",
  UNEXPECTED_TOKEN: "something that does not belong there",
};

/** What a text holds. With a problem in it, none of it can be trusted: it may be half written. */
export interface ParsedManifests {
  /** In their order, the items of a `List` as if each stood alone; documents that hold no object of any kind are left out. */
  readonly manifests: readonly Manifest[];
  /** Documents that hold something, but no object with a `kind`. */
  readonly kindless: readonly ManifestProblem[];
  readonly problems: readonly ManifestProblem[];
}

/** The objects of a YAML text of one or several documents (JSON is YAML too). */
export function parseManifests(text: string): ParsedManifests {
  const lines = new LineCounter();
  const manifests: Manifest[] = [];
  const kindless: ManifestProblem[] = [];
  const problems: ManifestProblem[] = [];
  for (const document of parseDocuments(text, lines)) {
    const error = document.errors[0];
    if (error) {
      problems.push({ line: lines.linePos(error.pos[0]).line, message: describe(error) });
      continue;
    }
    const value = valueOf(document);
    const start = startOf(document.contents, lines);
    if (value instanceof Error) {
      problems.push({
        line: start,
        message: "not YAML that can be read: too many or unknown aliases",
      });
      continue;
    }
    if (value === null) continue;
    const found = objectsIn(value, []);
    manifests.push(
      ...found.map(({ object, path }) => toManifest({ object, path, document, lines })),
    );
    if (found.length === 0) kindless.push({ line: start, message: "kind: is required" });
  }
  return { manifests, kindless, problems };
}

function parseDocuments(text: string, lineCounter: LineCounter): Document[] {
  const documents = parseAllDocuments(text, {
    lineCounter,
    logLevel: "error",
    merge: true, // as the YAML of kubectl
    prettyErrors: false,
    stringKeys: true,
  });
  return [...documents];
}

/** `toJS` throws a ReferenceError for an alias too many and for one without an anchor. */
function valueOf(document: Document): unknown {
  try {
    return document.toJS({ maxAliasCount });
  } catch (error) {
    if (error instanceof ReferenceError) return error;
    throw error;
  }
}

function describe({ code, message }: YAMLError): string {
  return `not YAML: ${quoting[code] ?? message}`;
}

interface Found {
  readonly object: Readonly<Record<string, unknown>>;
  readonly path: readonly string[];
}

/** The object of a document, or the items of a list such as `kubectl get -o yaml` prints. */
function objectsIn(value: unknown, path: readonly string[]): Found[] {
  if (!isObject(value) || typeof value["kind"] !== "string") return [];
  const items = value["items"];
  if (!value["kind"].endsWith("List") || !Array.isArray(items)) return [{ object: value, path }];
  return items.flatMap((item, index) => objectsIn(item, [...path, "items", `${index}`]));
}

function toManifest(
  { object, path, document, lines }: Found & { document: Document; lines: LineCounter },
): Manifest {
  return {
    kind: object["kind"] as string,
    object,
    lineOf: (inner) => lineAt(document, [...path, ...inner], lines),
  };
}

function lineAt(document: Document, path: readonly string[], lines: LineCounter): number {
  let node: unknown = document.contents;
  let line = startOf(node, lines);
  for (const step of path) {
    if (isAlias(node)) node = node.resolve(document);
    if (isMap(node)) {
      const pair = node.items.find(({ key }) => isScalar(key) && `${key.value}` === step);
      if (!pair) return line;
      line = startOf(pair.key, lines);
      node = pair.value;
    } else if (isSeq(node) && isNode(node.items[Number(step)])) {
      node = node.items[Number(step)];
      line = startOf(node, lines);
    } else return line;
  }
  return line;
}

function startOf(node: unknown, lines: LineCounter): number {
  const offset = isNode(node) ? node.range?.[0] ?? 0 : 0;
  return Math.max(1, lines.linePos(offset).line);
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
