import { createHash } from "node:crypto";
import {
  type FieldProblem,
  type FieldReader,
  readBoolean,
  readDigest,
  readPath,
  readPatterns,
  readSize,
  readVariables,
} from "./entry_fields.ts";
import { judgeCall, nameProblem } from "./judge_call.ts";
import { knownEntries } from "./known_entries.ts";
import type { Whitelist } from "./whitelist_check.ts";
import type { WhitelistEntry } from "./whitelist_entry.ts";
import { WhitelistError, type WhitelistProblem } from "./whitelist_error.ts";
import { parseYamlFile, type YamlFile } from "./yaml_file.ts";

/** As much as `--max-source-size` lets in. */
const defaultMaxOutput = 256 * 2 ** 20;

/** A command of a whitelist, for people. */
export interface ListedCommand {
  readonly name: string;
  readonly line: number;
  readonly allowed: boolean;
  /** Why it is refused with any arguments, though `allowed`; only `unsafe: true` changes that. */
  readonly refused?: string;
}

/** A whitelist with what is to be told of its file. */
export interface ParsedWhitelist extends Whitelist {
  readonly commands: readonly ListedCommand[];
  /** What is without effect. */
  readonly warnings: readonly WhitelistProblem[];
}

/**
 * Parses a whitelist file: YAML, `commands: {name: {allowed, argumentPatterns, path, sha256, env, maxOutput, unsafe}}`.
 * Files of the Go implementation mean what they meant, but for anchored patterns and the table of known commands.
 *
 * An unknown field is a warning, as the Go implementation passed over them; one that looks like a known field is a
 * mistake, as a limit that is misspelt would limit nothing.
 *
 * @throws {WhitelistError} with every mistake in it
 */
export function parseWhitelist(text: string): ParsedWhitelist {
  const file = parseYamlFile(text);
  if (!("lineOf" in file)) throw new WhitelistError(file);
  const reader = new WhitelistReader(file);
  const entries = reader.read();
  if (reader.problems.length > 0) {
    throw new WhitelistError(reader.problems.toSorted((a, b) => a.line - b.line));
  }
  return {
    hash: createHash("sha256").update(text).digest("hex"),
    check: (call) => judgeCall(entries, call),
    commands: [...entries.values()].map(describe),
    warnings: reader.warnings,
  };
}

function describe(entry: WhitelistEntry): ListedCommand {
  const { name, line, allowed } = entry;
  const refused = knownEntries(entry).find((known) => known.refused !== undefined)?.refused;
  return { name, line, allowed, ...(allowed && refused !== undefined ? { refused } : {}) };
}

type Path = readonly (string | number)[];

const fieldNames = [
  "allowed",
  "argumentPatterns",
  "path",
  "sha256",
  "env",
  "maxOutput",
  "unsafe",
];

class WhitelistReader {
  readonly problems: WhitelistProblem[] = [];
  readonly warnings: WhitelistProblem[] = [];
  readonly #file: YamlFile;

  constructor(file: YamlFile) {
    this.#file = file;
  }

  read(): ReadonlyMap<string, WhitelistEntry> {
    const { value, hasMore } = this.#file;
    if (hasMore) this.#warn([], "only the first document of a file counts");
    if (!isRecord(value) || !Object.hasOwn(value, "commands")) {
      const isConfigMap = isRecord(value) && value["kind"] === "ConfigMap";
      const hint = isConfigMap ? "; this is a ConfigMap, give the text in its data" : "";
      this.#report([], `commands: is required${hint}`);
      return new Map();
    }
    for (const name of Object.keys(value).filter((each) => each !== "commands")) {
      this.#warn([name], `${name}: unknown field, without effect`);
    }
    const commands = value["commands"];
    if (isEmpty(commands)) return new Map();
    if (!isRecord(commands)) {
      this.#report(["commands"], "commands: must be a map of names to what is allowed of them");
      return new Map();
    }
    return new Map(
      Object.entries(commands).map(([name, fields]) => [name, this.#entry(name, fields)]),
    );
  }

  #entry(name: string, value: unknown): WhitelistEntry {
    const path = ["commands", name];
    const problem = nameProblem(name);
    if (problem !== undefined) this.#warn(path, `commands: ${JSON.stringify(name)} ${problem}`);
    if (!isEmpty(value) && !isRecord(value)) {
      this.#report(path, `${path.join(".")}: must be a map of fields`);
    }
    const fields = isRecord(value) ? value : {};
    this.#unknown(path, fields);
    if (isEmpty(fields["allowed"])) {
      this.#warn(path, `${path.join(".")}: nothing of it is allowed without "allowed: true"`);
    }
    const read = <T>(field: string, reader: FieldReader<T>) =>
      this.#field(path, fields, {
        field,
        reader,
      });
    const file = read("path", readPath);
    const sha256 = read("sha256", readDigest);
    return {
      name,
      line: this.#file.lineOf(path),
      allowed: read("allowed", readBoolean) ?? false,
      patterns: read("argumentPatterns", readPatterns) ?? [],
      ...(file === undefined ? {} : { path: file }),
      ...(sha256 === undefined ? {} : { sha256 }),
      env: read("env", readVariables) ?? [],
      maxOutput: read("maxOutput", readSize) ?? defaultMaxOutput,
      unsafe: read("unsafe", readBoolean) ?? false,
    };
  }

  #field<T>(
    path: Path,
    fields: Readonly<Record<string, unknown>>,
    { field, reader }: { readonly field: string; readonly reader: FieldReader<T> },
  ): T | undefined {
    const value = fields[field];
    if (isEmpty(value)) return undefined;
    return reader(value, ({ message, index }: FieldProblem) => {
      const place = [...path, field, ...(index === undefined ? [] : [index])];
      this.#report(place, `${place.join(".")}: ${message}`);
    });
  }

  #unknown(path: Path, fields: Readonly<Record<string, unknown>>): void {
    for (const name of Object.keys(fields).filter((each) => !fieldNames.includes(each))) {
      const near = fieldNames.find((each) => each.slice(0, 3) === name.slice(0, 3).toLowerCase());
      const place = [...path, name];
      if (near === undefined) {
        this.#warn(place, `${place.join(".")}: unknown field, without effect`);
      } else this.#report(place, `${place.join(".")}: unknown field; write "${near}"`);
    }
  }

  #report(path: Path, message: string): void {
    this.problems.push({ line: this.#file.lineOf(path), message });
  }

  #warn(path: Path, message: string): void {
    this.warnings.push({ line: this.#file.lineOf(path), message });
  }
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Nothing, as the Go implementation reads it: the field is as if it were not there. */
function isEmpty(value: unknown): boolean {
  return value === undefined || value === null || value === "" || value === "~" || value === "null";
}
