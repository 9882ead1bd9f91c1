import type { CommandRule } from "./command_rule.ts";
import { optionSyntax } from "./option_syntax.ts";
import { readOptions } from "./read_options.ts";
import { refuseFiles } from "./refuse_files.ts";

const reads = "reads a file";
const walks = "reads directories";

const syntax = optionSyntax(
  `A: B: C: E F G H L P T U Z a b c e: h i l m: n o q s v w x y z
  after-context: basic-regexp before-context: binary byte-offset color? colour? context: count extended-regexp
  files-with-matches files-without-match fixed-strings help ignore-case initial-tab invert-match label: line-buffered
  line-number line-regexp max-count: no-filename no-ignore-case no-messages null null-data only-matching perl-regexp
  quiet regexp: silent text version with-filename word-regexp`,
  {
    numbers: true,
    refused: {
      "-f": reads,
      "--file": reads,
      "-r": walks,
      "-R": walks,
      "--recursive": walks,
      "--dereference-recursive": walks,
      "-d": walks,
      "--directories": walks,
      "-D": "reads devices",
      "--devices": "reads devices",
      "--exclude-from": reads,
    },
  },
);

/** `grep`, `egrep`, `fgrep` of GNU: a pattern over standard input. */
export const grepRule: CommandRule = ({ args }) => {
  const given = readOptions(args, syntax);
  if (given.refusal) return given.refusal;
  const { options, operands } = given;
  const hasPattern = options.some(({ name }) => name === "-e" || name === "--regexp");
  return refuseFiles(hasPattern ? operands : operands.slice(1));
};
