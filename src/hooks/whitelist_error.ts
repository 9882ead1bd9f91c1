/** Something in a whitelist file that is wrong, or that is without effect. */
export interface WhitelistProblem {
  /** Counted from 1. */
  readonly line: number;
  /** What is wrong and what to write instead. */
  readonly message: string;
}

/** A whitelist file cannot be used; has every mistake in it. */
export class WhitelistError extends Error {
  override readonly name = "WhitelistError";

  constructor(readonly problems: readonly WhitelistProblem[]) {
    super(problems.map(({ line, message }) => `line ${line}: ${message}`).join("\n"));
  }
}
