import type { CommandRule, CommandUse, Refusal } from "./command_rule.ts";
import { suspectJqProgram } from "./jq_program.ts";

const reads = "reads a file";
const modules = "loads modules from files";

/** How many arguments belong to a long option. */
const longOptions: Readonly<Record<string, number>> = {
  "--arg": 2,
  "--argjson": 2,
  "--args": 0,
  "--ascii-output": 0,
  "--binary": 0,
  "--build-configuration": 0,
  "--color-output": 0,
  "--compact-output": 0,
  "--exit-status": 0,
  "--help": 0,
  "--indent": 1,
  "--join-output": 0,
  "--jsonargs": 0,
  "--monochrome-output": 0,
  "--null-input": 0,
  "--raw-input": 0,
  "--raw-output": 0,
  "--raw-output0": 0,
  "--seq": 0,
  "--slurp": 0,
  "--sort-keys": 0,
  "--stream": 0,
  "--stream-errors": 0,
  "--tab": 0,
  "--unbuffered": 0,
  "--version": 0,
};
const shortOptions = "CMRSVabcehjnrs";
const refusedOptions: Readonly<Record<string, string>> = {
  "--argfile": reads,
  "--from-file": reads,
  "--library-path": modules,
  "--rawfile": reads,
  "--run-tests": reads,
  "--slurpfile": reads,
  "-f": reads,
  "-L": modules,
};

const unknown = "is not among the options that are known to be harmless";

/** `jq` 1.5 to 1.8: reads its arguments as jq does (src/main.c), which is not getopt's way. */
export const jqRule: CommandRule = (use) => {
  const { args } = use;
  let program: string | undefined;
  let rest: "files" | "texts" = "files";
  let ended = false;
  for (let at = 0; at < args.length; at++) {
    const text = args[at]!;
    const place = at + 1;
    // `-` and `-1` are no options to jq.
    if (ended || !/^-[-A-Za-z]/.test(text)) {
      const refusal = program === undefined
        ? refuseProgram(text, place, use)
        : refuseInput(text, place, rest);
      if (refusal) return refusal;
      program ??= text;
      continue;
    }
    if (text === "--") {
      ended = true;
      continue;
    }
    const refusal = refuseOption(text, place);
    if (refusal) return refusal;
    if (text === "--args" || text === "--jsonargs") rest = "texts";
    at += longOptions[text] ?? 0;
  }
  return undefined;
};

function refuseProgram(
  text: string,
  place: number,
  { env }: CommandUse,
): Refusal | undefined {
  const suspicion = suspectJqProgram(text, env);
  return suspicion && { place, ...suspicion };
}

function refuseInput(
  text: string,
  place: number,
  rest: "files" | "texts",
): Refusal | undefined {
  if (rest === "texts" || text === "-") return undefined;
  return { place, why: "names a file, only standard input may be read" };
}

function refuseOption(text: string, place: number): Refusal | undefined {
  if (text.startsWith("--")) {
    const name = text.replace(/=.*/s, "");
    if (name === text && Object.hasOwn(longOptions, name)) return undefined;
    return refuse(name, place);
  }
  const letter = [...text.slice(1)].find((each) => !shortOptions.includes(each));
  return letter === undefined ? undefined : refuse(`-${letter}`, place);
}

function refuse(name: string, place: number): Refusal {
  const known = Object.hasOwn(refusedOptions, name) ? refusedOptions[name]! : unknown;
  return { place, token: name.slice(0, 40), why: known };
}
