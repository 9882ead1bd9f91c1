import type { Suspicion } from "./command_rule.ts";

const readsEnvironment = "reads the environment";
const loadsModules = "loads a module from a file";

/** Names that a program may not use as a function or keyword; as a key or a field they are harmless. */
const refusedNames: Readonly<Record<string, string>> = {
  env: readsEnvironment,
  ENV: readsEnvironment,
  import: loadsModules,
  include: loadsModules,
  modulemeta: loadsModules,
  get_search_list: "tells of directories",
  input_filename: "tells of files",
};
const refusedVariables: Readonly<Record<string, string>> = {
  $ENV: readsEnvironment,
  $__prog_args: "reads the arguments of the program",
};

const closers: Readonly<Record<string, string>> = { "(": ")", "[": "]", "{": "}" };
/** In the place of an opening bracket: the end of `\(…)` in a string. */
const interpolation = "\\(";

const blank = /[ \t\r\n]+|#[^\n]*/y;
const variable = /\$(?:[ \t\r\n]|#[^\n]*\n)*(?:[A-Za-z_]\w*::)*[A-Za-z_]\w*/y;
const name = /(?:[A-Za-z_]\w*::)*[A-Za-z_]\w*/y;
const field = /\.[A-Za-z_]\w*/y;
const operator = /\.\.|(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?/y;
const stringText = /(?:[^"\\]|\\[^(])+/y;

/**
 * Reads the tokens of a jq program as jq's own lexer does (src/lexer.l, 1.5 to 1.8) and says what in it could reach
 * outside, or that it cannot be read. Text of strings and comments is no code; what stands in `\(…)` is.
 *
 * @param env names of variables that it may read, as `env.NAME` or `$ENV.NAME`
 */
export function suspectJqProgram(
  program: string,
  env: readonly string[],
): Suspicion | undefined {
  if (program.split("\n").some(hasUnclearComment)) {
    return {
      token: "#",
      why: "begins a comment that has a backslash or a carriage return at its end",
    };
  }
  return new JqReader(program, env).read();
}

/** Whether these end a comment differs between versions: 1.7.1 lets it go on behind a backslash. */
function hasUnclearComment(line: string): boolean {
  const start = line.indexOf("#");
  const comment = start < 0 ? "" : line.slice(start).replace(/\r$/, "");
  return comment.endsWith("\\") || comment.includes("\r");
}

class JqReader {
  readonly #program: string;
  readonly #env: readonly string[];
  readonly #open: string[] = [];
  #at = 0;
  /** The last token that is not blank. */
  #previous = "";

  constructor(program: string, env: readonly string[]) {
    this.#program = program;
    this.#env = env;
  }

  read(): Suspicion | undefined {
    while (this.#at < this.#program.length) {
      if (this.#take(blank) !== undefined) continue;
      const suspicion = this.#readToken();
      if (suspicion) return suspicion;
    }
    const unclosed = this.#open.at(-1);
    return unclosed === undefined ? undefined : unreadable(unclosed);
  }

  #readToken(): Suspicion | undefined {
    const token = this.#take(operator) ?? this.#take(variable) ?? this.#take(field) ??
      this.#take(name) ?? this.#program[this.#at++]!;
    const before = this.#previous;
    this.#previous = token;
    if (token === '"') return this.#readString();
    if (Object.hasOwn(closers, token)) {
      this.#open.push(token);
      return undefined;
    }
    if (")]}".includes(token)) return this.#close(token);
    return this.#suspect(token, before);
  }

  #suspect(token: string, before: string): Suspicion | undefined {
    const plain = token.replace(/^\$(?:[\s]|#[^\n]*\n)*/, "$");
    const known = plain.startsWith("$") ? refusedVariables : refusedNames;
    if (!Object.hasOwn(known, plain)) return undefined;
    const isKey = this.#open.at(-1) === "{" && (before === "{" || before === ",");
    if (isKey && !plain.startsWith("$")) return undefined;
    if (plain === "env" || plain === "$ENV") {
      const read = this.#take(field);
      if (read !== undefined && this.#env.includes(read.slice(1))) return undefined;
    }
    return { token: plain, why: known[plain]! };
  }

  /** Up to the closing quote or to the `\(` of an interpolation. */
  #readString(): Suspicion | undefined {
    this.#take(stringText);
    if (this.#program[this.#at] === '"') {
      this.#at++;
      return undefined;
    }
    if (!this.#program.startsWith("\\(", this.#at)) return unreadable('"');
    this.#at += 2;
    this.#open.push(interpolation);
    this.#previous = interpolation;
    return undefined;
  }

  #close(token: string): Suspicion | undefined {
    const opened = this.#open.pop();
    if (opened === interpolation && token === ")") return this.#readString();
    return opened !== undefined && closers[opened] === token ? undefined : unreadable(token);
  }

  #take(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.#at;
    const found = pattern.exec(this.#program)?.[0];
    if (found === undefined) return undefined;
    this.#at += found.length;
    return found;
  }
}

function unreadable(token: string): Suspicion {
  return { token, why: "has no counterpart: the program cannot be read" };
}
