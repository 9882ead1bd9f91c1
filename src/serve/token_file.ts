import { createHash, timingSafeEqual } from "node:crypto";
import type { Clock } from "../core/clock.ts";
import { WatchedFiles } from "./watched_files.ts";

/** Where a token is, and who is told of trouble with it. */
export interface TokenFileOptions {
  readonly file: string;
  readonly clock: Clock;
  readonly onProblem: (problem: string) => void;
}

/** Clients and replicas do not learn of a new token at the same moment. */
const overlapMs = 60_000;
/** RFC 6750 §2.1. */
const form = /^[-A-Za-z0-9._~+/]+=*$/;

interface Token {
  readonly text: string;
  readonly until: number;
}

/** The bearer token that clients have to send; a new one in the file is taken within a second, the old one for a minute more. */
export class TokenFile {
  readonly #clock: Clock;
  #tokens: readonly Token[] = [];
  #files: WatchedFiles | undefined;

  private constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** @throws {Error} if there is no token in the file, with a message for the operator */
  static async open({ file, clock, onProblem }: TokenFileOptions): Promise<TokenFile> {
    const tokens = new TokenFile(clock);
    tokens.#files = await WatchedFiles.open({
      files: [file],
      clock,
      take: ([text = ""]) => tokens.#take(file, text.trim()),
      onProblem: (problem) => onProblem(`${problem}; the token before stays in force`),
    });
    return tokens;
  }

  /** What to send to other replicas. */
  get current(): string {
    return this.#tokens[0]!.text;
  }

  /** Whether an `Authorization` field bears a token that is in force; takes the same time whatever it bears. */
  accepts(authorization: string | undefined): boolean {
    const given = digest(authorization?.replace(/^bearer +/i, "Bearer ") ?? "");
    const now = this.#clock.now();
    return this.#tokens.filter(({ until }) => now < until)
      .map(({ text }) => timingSafeEqual(given, digest(`Bearer ${text}`)))
      .includes(true);
  }

  async close(): Promise<void> {
    await this.#files?.close();
  }

  #take(file: string, text: string): void {
    if (!form.test(text)) {
      throw new Error(
        `Cannot use "${file}": it holds no bearer token (letters, digits and -._~+/ only)`,
      );
    }
    const before = this.#tokens[0];
    const until = this.#clock.now() + overlapMs;
    this.#tokens = [{ text, until: Infinity }, ...(before ? [{ text: before.text, until }] : [])];
  }
}

function digest(text: string): Uint8Array {
  return createHash("sha256").update(text).digest();
}
