import type { Clock } from "../core/clock.ts";
import { fileErrorState } from "../core/file_error.ts";
import { parseWhitelist } from "./parse_whitelist.ts";
import type { Whitelist } from "./whitelist_check.ts";
import { WhitelistError, type WhitelistProblem } from "./whitelist_error.ts";

/** What is watched, and who is told. */
export interface WhitelistWatch {
  readonly file: string;
  readonly clock: Clock;
  /** Another whitelist is in force, or none any more. */
  readonly onChange: () => void;
  /** The file has become one that cannot be used; told once for each state of it, with what is in force instead. */
  readonly onProblem: (problem: string) => void;
  /** What a file now in force has in it without effect. */
  readonly onWarning?: (warning: WhitelistProblem) => void;
}

/**
 * A change has to be in force within two seconds. The kubelet swaps the directory that a ConfigMap's file is in, by a link; a
 * watch misses directories that come later, are replaced, or are one too many for the system, so the file is read:
 * 2 KB take a tenth of a millisecond.
 */
const intervalMs = 1_000;

/** A ConfigMap holds no more. */
const maxBytes = 1_048_576;

type Content =
  | { readonly text: string; readonly problem?: never }
  | { readonly text?: never; readonly problem: string; readonly missing: boolean };

/**
 * The whitelist of a file that may change, be missing, or be wrong. A wrong file leaves the one before in force; without
 * the file there is none.
 */
export class WatchedWhitelist implements AsyncDisposable {
  readonly #watch: WhitelistWatch;
  #current: Whitelist | undefined;
  /** The last text or problem that was dealt with. */
  #seen: string | undefined;
  #problem: string | undefined;
  #cancelTimer: () => void = () => {};
  #looking: Promise<void> = Promise.resolve();
  #closed = false;

  private constructor(watch: WhitelistWatch) {
    this.#watch = watch;
  }

  /** Reads the file for the first time and goes on reading it until `close()`; a missing or wrong one is no error. */
  static async open(watch: WhitelistWatch): Promise<WatchedWhitelist> {
    const whitelist = new WatchedWhitelist(watch);
    await whitelist.#look();
    return whitelist;
  }

  /** What is in force; undefined if there was no file to be used yet, or the file is gone. */
  current(): Whitelist | undefined {
    return this.#current;
  }

  /** What is wrong with the file as it is now, such as `cannot read the whitelist "…": no such file or directory`. */
  problem(): string | undefined {
    return this.#problem;
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#cancelTimer();
    await this.#looking;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #look(): Promise<void> {
    const content = await readContent(this.#watch.file);
    if (this.#closed) return;
    const seen = content.text ?? `\0${content.problem}`;
    if (seen !== this.#seen) {
      this.#seen = seen;
      this.#take(content);
    }
    this.#cancelTimer = this.#watch.clock.schedule(() => {
      this.#looking = this.#look();
    }, intervalMs);
  }

  #take(content: Content): void {
    const name = JSON.stringify(this.#watch.file);
    if (content.text === undefined) {
      if (content.missing) this.#use(undefined);
      this.#tell(`cannot read the whitelist ${name}: ${content.problem}`);
      return;
    }
    try {
      const parsed = parseWhitelist(content.text);
      this.#problem = undefined;
      this.#use(parsed);
      for (const warning of parsed.warnings) this.#watch.onWarning?.(warning);
    } catch (error) {
      if (!(error instanceof WhitelistError)) throw error;
      const [first, ...others] = error.problems;
      const more = others.length > 0 ? ` (and ${others.length} more)` : "";
      this.#tell(`cannot use the whitelist ${name}: line ${first!.line}: ${first!.message}${more}`);
    }
  }

  #use(whitelist: Whitelist | undefined): void {
    if (whitelist?.hash === this.#current?.hash) return;
    this.#current = whitelist;
    this.#watch.onChange();
  }

  #tell(problem: string): void {
    this.#problem = problem;
    const instead = this.#current ? "the one before stays in force" : "no hook can run";
    this.#watch.onProblem(`${problem}; ${instead}`);
  }
}

async function readContent(file: string): Promise<Content> {
  try {
    const { isFile, size } = await Deno.stat(file);
    // Opening a named pipe would wait for its writer.
    if (!isFile) return { problem: "it is not a regular file", missing: false };
    if (size > maxBytes) {
      return { problem: `it has ${size} bytes, at most ${maxBytes} are read`, missing: false };
    }
    const text = decode(await Deno.readFile(file));
    return text === undefined ? { problem: "it is not UTF-8 text", missing: false } : { text };
  } catch (error) {
    const problem = fileErrorState(error);
    if (problem === undefined) throw error;
    return { problem, missing: error instanceof Deno.errors.NotFound };
  }
}

function decode(bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    return undefined; // TypeError is all that a fatal decoder throws
  }
}
