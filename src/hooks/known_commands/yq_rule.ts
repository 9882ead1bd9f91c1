import type { CommandRule, CommandUse, Refusal } from "./command_rule.ts";
import { optionSyntax } from "./option_syntax.ts";
import { type GivenOption, type Operand, readOptions } from "./read_options.ts";
import { suspectYqExpression } from "./yq_expression.ts";

const reads = "reads a file";
const writes = "writes files";

const syntax = optionSyntax(
  `0 C I: M N P V c e h j n o: p: r v
  colors csv-auto-parse csv-separator: debug-node-info exit-status expression: header-preprocess help indent:
  ini-key-value-delimiters: ini-preserve-quotes input-format: lua-globals lua-prefix: lua-suffix: lua-unquoted no-colors
  no-doc nul-output null-input output-format: prettyPrint properties-array-brackets properties-separator:
  security-disable-env-ops security-disable-file-ops shell-key-separator: string-interpolation tojson tsv-auto-parse
  unwrapScalar verbose version xml-attribute-prefix: xml-content-name: xml-directive-name: xml-keep-namespace
  xml-proc-inst-prefix: xml-raw-token xml-skip-directives xml-skip-proc-inst xml-strict-mode yaml-compact-seq-indent
  yaml-fix-merge-anchor-to-spec`,
  {
    refused: {
      "-f": "writes a temporary file",
      "--front-matter": "writes a temporary file",
      "-i": writes,
      "--inplace": writes,
      "-s": writes,
      "--split-exp": writes,
      "--split-exp-file": reads,
      "--from-file": reads,
      "--security-enable-system-operator": "lets an expression run commands",
    },
  },
);

const subcommands = ["e", "eval", "ea", "eval-all"];

/** mikefarah's `yq` v4: an expression over standard input. */
export const yqRule: CommandRule = (use) => {
  const given = readOptions(use.args, syntax);
  if (given.refusal) return given.refusal;
  const lua = given.options.find(isLuaInput);
  if (lua) return { place: lua.place, token: lua.name, why: "runs the Lua code of a document" };
  const forced = given.options.filter(({ name }) => name === "--expression");
  const operands = subcommands.includes(given.operands[0]?.text ?? "")
    ? given.operands.slice(1)
    : given.operands;
  const first = forced.length > 0 || operands[0]?.text === "-" ? undefined : operands[0];
  const file = operands.find((each) => each !== first && each.text !== "-");
  if (file) return { place: file.place, why: "names a file, only standard input may be read" };
  return forced.map(({ value = "", place }) => suspect({ text: value, place }, use))
    .find((each) => each) ?? (first && (refusePath(first) ?? suspect(first, use)));
};

/** yq evaluates such a document; without Lua's libraries, but also without an end. */
function isLuaInput({ name, value = "" }: GivenOption): boolean {
  return (name === "-p" || name === "--input-format") && /^=?l/i.test(value);
}

function suspect({ text, place }: Operand, { env }: CommandUse): Refusal | undefined {
  const suspicion = suspectYqExpression(text, env);
  return suspicion && { place, ...suspicion };
}

/** yq takes an expression for a file if there is one of that name; in an empty working directory only these can be. */
function refusePath({ text, place }: Operand): Refusal | undefined {
  if (!/^\.{0,2}\//.test(text)) return undefined;
  return {
    place,
    why: 'could be the path of a file; write it behind --expression, or a blank before the "/"',
  };
}
