import { basename } from "node:path/posix";
import { type KnownCommand, knownCommand } from "./known_commands/known_command.ts";
import type { WhitelistEntry } from "./whitelist_entry.ts";

/**
 * What the table of known commands says of an entry: of its name and of the file that it names, so that another name for
 * a shell does not make it harmless. Empty under `unsafe: true`.
 */
export function knownEntries(entry: WhitelistEntry): readonly KnownCommand[] {
  if (entry.unsafe) return [];
  const names = new Set([entry.name, basename(entry.path ?? entry.name)]);
  return [...names].map(knownCommand).filter((known) => known !== undefined);
}
