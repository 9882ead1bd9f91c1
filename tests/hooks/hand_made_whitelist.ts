import type { Whitelist } from "../../src/hooks/whitelist_check.ts";

/** Commands by name; a path where the program is not in the usual place. */
export interface AllowedCommand {
  readonly paths?: readonly string[];
  readonly sha256?: string;
  readonly maxOutput?: number;
}

/** A whitelist that allows the given commands with every argument, so that tests of running need no rules. */
export function handMadeWhitelist(commands: Readonly<Record<string, AllowedCommand>>): Whitelist {
  return {
    hash: "0".repeat(64),
    check({ command }) {
      const allowed = Object.hasOwn(commands, command) ? commands[command] : undefined;
      if (!allowed) {
        return { allowed: false, reason: `command "${command}" is not on the whitelist` };
      }
      const paths = allowed.paths ?? [`/usr/local/bin/${command}`, `/usr/bin/${command}`];
      const maxOutput = allowed.maxOutput ?? 2 ** 20;
      return {
        allowed: true,
        paths,
        maxOutput,
        ...(allowed.sha256 === undefined ? {} : { sha256: allowed.sha256 }),
      };
    },
  };
}
