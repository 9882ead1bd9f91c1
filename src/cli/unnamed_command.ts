import { basename } from "node:path";
import { defaultCommand } from "./commands.ts";

/** What a process was called as, without a command. */
export interface UnnamedCall {
  /** The name of the program, as a path or not; left out where it is not known. */
  readonly program?: string;
  readonly arguments: readonly string[];
}

/**
 * The command that runs without a name: the executor where the Go implementation had a program of its own, which the
 * manifests call `/app/externalsource-hook-executor`, and which alone has the flag `--whitelist`.
 */
export function unnamedCommand({ program = "", arguments: given }: UnnamedCall): string {
  const isExecutor = basename(program) === "externalsource-hook-executor" ||
    given.some((each) => /^--?whitelist(=|$)/.test(each));
  return isExecutor ? "hook-executor" : defaultCommand;
}
