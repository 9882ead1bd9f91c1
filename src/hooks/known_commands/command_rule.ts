/** What a command is about to be called with, as far as a rule of the table cares. */
export interface CommandUse {
  readonly args: readonly string[];
  /** Names of variables that the whitelist lets a source set; a command may read these and no others. */
  readonly env: readonly string[];
}

/** What in an argument could reach outside. */
export interface Suspicion {
  /** Short, and never the value of an option: it may be a secret. */
  readonly token?: string;
  /** What it would do, such as `reads a file`. */
  readonly why: string;
}

/** Why a call of a known command is refused. */
export interface Refusal extends Suspicion {
  /** Which argument, counted from 1. */
  readonly place: number;
}

/** Finds what runs commands, opens or writes files or reads the environment in the arguments of one known command. */
export type CommandRule = (use: CommandUse) => Refusal | undefined;
