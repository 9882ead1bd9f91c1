import type { Permission } from "./drop_permissions.ts";

/** What a command was started with; nothing else of the process reaches it. */
export interface CommandInput {
  /** What the program was called as, `argv[0]`; undefined if it is not known. */
  readonly program?: string;
  /** Behind the name of the command. */
  readonly arguments: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
  /** Aborted by SIGTERM, SIGINT and SIGHUP. */
  readonly signal: AbortSignal;
  readonly print: (text: string) => void;
  /** For what is no result: warnings, progress. */
  readonly printError: (text: string) => void;
  /** Gives up, for good, permissions that the command does not need; without effect where several commands share a process. */
  readonly drop: (...names: readonly Permission[]) => void;
}

/** 0: done, or ended by SIGTERM. 1: the work failed. 2: the input or the settings are wrong (DESIGN §11). */
export type ExitCode = 0 | 1 | 2;

/** One command of the binary. */
export interface Command {
  /** One line for the list of commands. */
  readonly summary: string;
  readonly help: () => string;
  run(input: CommandInput): Promise<ExitCode>;
}

/** The input is wrong: its message says what is wrong, where, and what to do. Ends the process with exit code 2. */
export class InputError extends Error {
  override readonly name = "InputError";
}
