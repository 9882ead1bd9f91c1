import type { Suspicion } from "./command_rule.ts";

const refusedCommands: Readonly<Record<string, string>> = {
  e: "runs a command",
  F: "tells of files",
  r: "reads a file",
  R: "reads a file",
  w: "writes a file",
  W: "writes a file",
};
const refusedFlags: Readonly<Record<string, string>> = {
  e: "of s runs a command",
  w: "of s writes a file",
};

/** sed would refuse the script too. */
class Malformed extends Error {}
/** Versions of sed read it differently. */
class Ambiguous extends Error {}

/**
 * Reads a script of GNU sed command by command (sed/compile.c) and says which command or flag could reach outside.
 *
 * In `s/[/]/x/` newer versions take the delimiter within the brackets for text, older ones do not; the script has to be
 * harmless in both readings. What else differs between versions is refused.
 */
export function suspectSedScript(script: string): Suspicion | undefined {
  const found = [true, false].map((brackets) => read(script, brackets));
  const reached = found.find((each) => each !== undefined && !(each instanceof Malformed));
  if (reached && !(reached instanceof Malformed)) return reached;
  const [malformed] = found;
  if (!(malformed instanceof Malformed) || !found.every((each) => each)) return undefined;
  return { token: malformed.message, why: "cannot be read as a part of a sed script" };
}

function read(script: string, brackets: boolean): Suspicion | Malformed | undefined {
  try {
    return new SedReader(script, brackets).read();
  } catch (error) {
    if (error instanceof Malformed) return error;
    if (!(error instanceof Ambiguous)) throw error;
    return { token: error.message, why: "stands where versions of sed read it differently" };
  }
}

class SedReader {
  readonly #script: string;
  readonly #brackets: boolean;
  #at = 0;
  /** Whether a bracket of this part has no end; then none behind it has one either. */
  #unclosed = false;

  constructor(script: string, brackets: boolean) {
    this.#script = script;
    this.#brackets = brackets;
  }

  read(): Suspicion | undefined {
    for (;;) {
      this.#take(/[\s;]*/y);
      if (this.#at >= this.#script.length) return undefined;
      this.#addresses();
      const suspicion = this.#command();
      if (suspicion) return suspicion;
    }
  }

  #addresses(): void {
    if (this.#address()) {
      this.#take(/[ \t]*/y);
      if (this.#take(/,[ \t]*/y) && !this.#address()) this.#fail();
    }
    this.#take(/[ \t]*(?:![ \t!]*)?/y);
  }

  #address(): boolean {
    if (this.#take(/\d+(?:~\d+)?|[+~]\d+|\$/y)) return true;
    if (this.#take(/\\(?=[!-~])/y) === undefined && this.#peek() !== "/") return false;
    this.#delimited(1, true);
    this.#take(/[IM]*/y);
    return true;
  }

  #command(): Suspicion | undefined {
    const command = this.#peek();
    const why = Object.hasOwn(refusedCommands, command) ? refusedCommands[command] : undefined;
    if (why !== undefined) return { token: command, why: `as a command ${why}` };
    this.#at++;
    if (command === "#") this.#take(/[^\n]*/y);
    else if (command === "{") return undefined;
    else if ("=dDgGhHnNpPxz}".includes(command)) this.#end();
    else if ("qQlL".includes(command)) this.#take(/[ \t]*\d*/y) !== undefined && this.#end();
    else if ("aic".includes(command)) this.#text();
    else if (":btT".includes(command)) this.#label(command);
    else if (command === "y") this.#transliterate();
    else if (command === "s") return this.#substitute();
    else this.#fail(command);
    return undefined;
  }

  /** Text of `a`, `i`, `c`: up to the end of a line without a backslash before it. */
  #text(): void {
    // Versions differ in what blanks between two backslashes, or before the end of the line, mean.
    if (/\s*\\(?:[ \t]*\\|[ \t]+\n)/y.test(this.#script.slice(this.#at))) {
      throw new Ambiguous("\\");
    }
    if (this.#take(/[ \t]*(?:\\[^]|[^\\\n])+/y) === undefined) this.#fail();
  }

  /** A label ends at a blank or a semicolon, in newer versions at a brace; only names that are clear are taken. */
  #label(command: string): void {
    const label = this.#take(/[ \t]*[\w.-]*/y)!.trim();
    if (command === ":" && label === "") throw new Ambiguous(command);
    this.#take(/[ \t\r]*/y);
    const next = this.#peek();
    if (next !== "" && !";\n}".includes(next)) throw new Ambiguous(next);
  }

  #transliterate(): void {
    this.#delimited(2, false);
    this.#end();
  }

  #substitute(): Suspicion | undefined {
    this.#delimited(2, true);
    this.#take(/[ \tgpiImM\d]*/y);
    const flag = this.#peek();
    const why = Object.hasOwn(refusedFlags, flag) ? refusedFlags[flag] : undefined;
    if (why !== undefined) return { token: flag, why: `as a flag ${why}` };
    this.#end();
    return undefined;
  }

  /** `/…/` or `/…/…/` with any delimiter, from the first delimiter to behind the last; the first part may be a pattern. */
  #delimited(parts: number, pattern: boolean): void {
    const delimiter = this.#peek();
    if (!/^[!-[\]-~]$/.test(delimiter)) throw new Ambiguous(delimiter);
    this.#at++;
    for (let part = 0; part < parts; part++) {
      this.#unclosed = false;
      while (this.#peek() !== delimiter) this.#step(delimiter, pattern && part === 0);
      this.#at++;
    }
  }

  #step(delimiter: string, pattern: boolean): void {
    const next = this.#peek();
    if (next === "") this.#fail(delimiter);
    if (next === "\n") throw new Ambiguous(delimiter);
    const isBracket = next === "[" && pattern && this.#brackets;
    if (isBracket && this.#bracket(delimiter)) return;
    this.#at += next === "\\" ? 2 : 1;
  }

  /** Only brackets that every version ends in the same place may hold the delimiter. */
  #bracket(delimiter: string): boolean {
    if (this.#unclosed) return false;
    if (this.#take(/\[\^?[^\][\\\n]+\]/y) !== undefined) return true;
    const found = this.#take(/\[\^?\]?(?:\[:\w+:\]|\\[^]|[^\]\n\\])*\]/y);
    if (found?.replace(/\\[^]/g, "").includes(delimiter)) throw new Ambiguous("[");
    this.#unclosed = found === undefined;
    return found !== undefined;
  }

  #end(): void {
    this.#take(/[ \t\r]*/y);
    const next = this.#peek();
    if (next !== "" && !";\n}#".includes(next)) this.#fail(next);
  }

  #peek(): string {
    return this.#script[this.#at] ?? "";
  }

  #take(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.#at;
    const found = pattern.exec(this.#script)?.[0];
    this.#at += found?.length ?? 0;
    return found;
  }

  #fail(token = this.#peek()): never {
    throw new Malformed(token);
  }
}
