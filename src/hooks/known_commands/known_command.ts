import type { CommandRule } from "./command_rule.ts";
import { grepRule } from "./grep_rule.ts";
import { jqRule } from "./jq_rule.ts";
import { refusedCommands } from "./refused_commands.ts";
import { sedRule } from "./sed_rule.ts";
import { textTools } from "./text_tools.ts";
import { yqRule } from "./yq_rule.ts";

/** What the table knows of a command: that it is refused always, or how to tell from its arguments. */
export type KnownCommand =
  | { readonly refused: string; readonly rule?: never }
  | { readonly refused?: never; readonly rule: CommandRule };

const rules: ReadonlyMap<string, CommandRule> = new Map(Object.entries({
  ...textTools,
  egrep: grepRule,
  fgrep: grepRule,
  gojq: jqRule,
  grep: grepRule,
  jaq: jqRule,
  jq: jqRule,
  sed: sedRule,
  yq: yqRule,
}));

/**
 * The entry of a command in the table of known commands; undefined for users' own tools. Found are also versions
 * (`python3.12`, `jq-1.7`), GNU's tools where they have a `g` before their names, and the loader in any spelling.
 */
export function knownCommand(name: string): KnownCommand | undefined {
  const plain = name.toLowerCase().replace(/\.exe$/, "");
  const unversioned = plain.replace(/[-_.]?v?\d[\d._-]*$/, "");
  const spellings = [plain, unversioned, plain.replace(/^g/, ""), unversioned.replace(/^g/, "")];
  for (const spelling of spellings) {
    const rule = rules.get(spelling);
    if (rule) return { rule };
    const refused = refusedCommands.get(spelling);
    if (refused !== undefined) return { refused };
  }
  return /^ld(-|\.so)/.test(plain) ? { refused: "runs any command that it is given" } : undefined;
}
