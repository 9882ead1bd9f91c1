import type { CommandRule } from "./command_rule.ts";
import { optionSyntax } from "./option_syntax.ts";
import { type Operand, readOptions } from "./read_options.ts";
import { refuseFiles } from "./refuse_files.ts";
import { suspectSedScript } from "./sed_script.ts";

const syntax = optionSyntax(
  `E e: l: n r u z expression: help line-length: null-data quiet regexp-extended sandbox silent unbuffered version`,
  {
    refused: {
      "-f": "reads a file",
      "--file": "reads a file",
      "-i": "writes files",
      "--in-place": "writes files",
      "-s": "is for several files",
      "--separate": "is for several files",
    },
  },
);

/** `sed`: a script over standard input. */
export const sedRule: CommandRule = ({ args }) => {
  const given = readOptions(args, syntax);
  if (given.refusal) return given.refusal;
  const { options, operands } = given;
  const expressions: Operand[] = options
    .filter(({ name }) => name === "-e" || name === "--expression")
    .map(({ value = "", place }) => ({ text: value, place }));
  const scripts = expressions.length > 0 ? expressions : operands.slice(0, 1);
  const files = refuseFiles(expressions.length > 0 ? operands : operands.slice(1));
  if (files) return files;
  // Several expressions are one script: a text that ends in a backslash goes on in the next.
  const suspicion = suspectSedScript(scripts.map(({ text }) => text).join("\n"));
  return suspicion && { place: scripts[0]!.place, ...suspicion };
};
