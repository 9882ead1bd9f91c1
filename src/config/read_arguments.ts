import type { Given, GivenSettings } from "./given.ts";
import { nearestName } from "./nearest_name.ts";
import type { SettingIndex } from "./setting_index.ts";

/** What the command line gives, and what on it is no flag. */
export interface GivenArguments extends GivenSettings {
  readonly positionals: readonly string[];
}

/**
 * Reads flags as Go's `flag` package does: `-x`, `--x`, `--x=v`, `--x v`, booleans only bare or with `=`. Unlike there,
 * flags may follow positional arguments (`build FILE --diff`); after `--` there are none.
 */
export function readArguments(
  index: SettingIndex,
  argumentsGiven: readonly string[],
): GivenArguments {
  const given: Given[] = [];
  const mistakes: string[] = [];
  const positionals: string[] = [];
  const rest = [...argumentsGiven];
  for (let argument = rest.shift(); argument !== undefined; argument = rest.shift()) {
    const flag = parseFlag(argument);
    if (argument === "--") {
      positionals.push(...rest.splice(0));
    } else if (!flag) {
      positionals.push(argument);
    } else {
      const read = readFlag(index, flag, rest);
      if (typeof read === "string") mistakes.push(read);
      else given.push(read);
    }
  }
  return { given, mistakes, warnings: [], positionals };
}

interface Flag {
  readonly flag: string;
  readonly text: string | undefined;
}

/** The flag in an argument; undefined for a positional one, to which `-` (standard input) belongs. */
function parseFlag(argument: string): Flag | undefined {
  const match = /^--?([^-=][^=]*)(?:=(.*))?$/s.exec(argument);
  return match ? { flag: match[1]!, text: match[2] } : undefined;
}

/** The value of a flag, taken from `rest` if it stands in the next argument; a text is a mistake. */
function readFlag(index: SettingIndex, { flag, text }: Flag, rest: string[]): Given | string {
  const name = index.flags.get(flag);
  const where = dashed(flag);
  if (name === undefined) {
    // No letter is nearer to another one than the rest.
    const nearest = flag.length === 1 ? undefined : nearestName(flag, index.flags.keys());
    return `Cannot use ${where}: no such flag` +
      (nearest === undefined ? "; --help lists all" : `; did you mean ${dashed(nearest)}?`);
  }
  if (text !== undefined) return { name, where, text };
  if (index.described[name]!.type === "boolean") return { name, where, text: "true" };
  const next = rest.shift();
  return next === undefined ? `Cannot use ${where}: no value follows` : { name, where, text: next };
}

/** A flag as help writes it, whichever number of dashes it was given with. */
function dashed(flag: string): string {
  return flag.length === 1 ? `-${flag}` : `--${flag}`;
}
