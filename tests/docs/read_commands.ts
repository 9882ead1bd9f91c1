import type { Block } from "./read_blocks.ts";

/** Something a shell runs, and what a page says that it prints. */
export interface ShownCommand {
  readonly script: string;
  readonly output: string;
}

/** Words that stand for something, and what they stand for in these tests. */
const placeholders: readonly (readonly [RegExp, string])[] = [
  [/\bcheck FILE\b/g, "check manifests/hooks/whitelist.yaml"],
  [/\bCOMMAND ARGS\b/g, "jq ."],
  [/\bsrc\/main\.ts COMMAND\b/g, "src/main.ts version"],
  [/\bFILE\b/g, "source.yaml"],
  [/\bDIR\b/g, "sources"],
  [/\bNAME\b/g, "example"],
  [/\bADDRESS-OF-THIS-MACHINE\b/g, "192.0.2.1"],
];

/** Commands that a text names without what they are about. */
const completions: readonly (readonly [RegExp, string])[] = [
  [/^kubectl (apply|delete|diff) -k$/, "$& manifests/overlays/pvc"],
  [/^helm test$/, "$& externalsource"],
  [/^helm (install|upgrade)( --reuse-values)?$/, "helm $1 externalsource chart$2 -n flux-system"],
];

function fill(script: string): string {
  const filled = placeholders.reduce((text, [word, value]) => text.replace(word, value), script);
  return completions.reduce((text, [start, whole]) => text.replace(start, whole), filled);
}

/** The commands of a block of `sh` or `console`, or of one in a text, ready to be run. */
export function readCommands({ fence, text }: Block): readonly ShownCommand[] {
  if (fence !== "console") return [{ script: fill(text), output: "" }];
  const commands: { script: string; output: string }[] = [];
  for (const line of text.split("\n")) {
    const last = commands.at(-1);
    if (line.startsWith("$ ")) commands.push({ script: line.slice(2), output: "" });
    else if (!last) throw new Error(`${line}: what prints this?`);
    else if (/[|\\]$/.test(last.script) && last.output === "") last.script += `\n${line}`;
    else last.output += `${line}\n`;
  }
  return commands.map(({ script, output }) => ({ script: fill(script), output: output.trim() }));
}
