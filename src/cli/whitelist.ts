import { fileErrorState } from "../core/file_error.ts";
import { formatQuantity } from "../core/quantity.ts";
import { type ParsedWhitelist, parseWhitelist } from "../hooks/parse_whitelist.ts";
import type { Verdict } from "../hooks/whitelist_check.ts";
import { WhitelistError, type WhitelistProblem } from "../hooks/whitelist_error.ts";
import { type Command, type CommandInput, type ExitCode, InputError } from "./command.ts";
import { isStandardInput, standardInput } from "./standard_streams.ts";

/** `whitelist check FILE [-- COMMAND …]`: what is wrong with a whitelist, or what it says of one call. */
export const whitelistCommand: Command = {
  summary: "check a whitelist of hooks, or what it says of a command",
  help: () =>
    `Usage: externalsource-controller whitelist check FILE [-- COMMAND [ARGUMENT...]]

Without a command: every mistake in FILE, or how many commands it allows, which of them are refused all the same, and what
is without effect. With one: whether hooks may run it with these arguments, and why not. Nothing is run. As FILE, - is
standard input.

Exit codes: 0 allowed or no mistake, 1 refused, 2 FILE cannot be used.

Examples:
  # what is in a file
  externalsource-controller whitelist check whitelist.yaml

  # of the ConfigMap in a cluster
  kubectl -n flux-system get configmap externalsource-hook-whitelist -o jsonpath='{.data.whitelist\\.yaml}' |
    externalsource-controller whitelist check -

  # may hooks do this?
  externalsource-controller whitelist check whitelist.yaml -- jq --raw-output .items[].name
`,
  run: runWhitelist,
};

async function runWhitelist(input: CommandInput): Promise<ExitCode> {
  // The parser of YAML looks at variables of its own.
  input.drop("net", "write", "sys", "run");
  const { file, call } = readArguments(input.arguments);
  const whitelist = await readWhitelist(file, input);
  for (const warning of whitelist.warnings) {
    input.printError(`${formatProblem(file, warning)} (warning)\n`);
  }
  if (call === undefined) {
    input.print(summarize(file, whitelist));
    return 0;
  }
  const [command = "", ...args] = call;
  const verdict = whitelist.check({ command, args, env: {} });
  input.print(`${describe(verdict)}\n`);
  return verdict.allowed ? 0 : 1;
}

interface Arguments {
  readonly file: string;
  /** A command and its arguments. */
  readonly call: readonly string[] | undefined;
}

function readArguments(given: readonly string[]): Arguments {
  const end = given.indexOf("--");
  const [action, file, ...others] = end < 0 ? given : given.slice(0, end);
  const call = end < 0 ? undefined : given.slice(end + 1);
  const example = "`externalsource-controller whitelist check whitelist.yaml`";
  if (action !== "check") {
    throw new InputError(`Cannot run whitelist: say what to do, as in ${example}`);
  }
  if (file === undefined || (file !== "-" && file.startsWith("-"))) {
    throw new InputError(`Cannot check a whitelist: name one file, as in ${example}`);
  }
  if (others.length > 0) {
    throw new InputError(
      `Cannot check a whitelist: put -- before the command, as in ` +
        `\`externalsource-controller whitelist check ${file} -- ${others.join(" ")}\``,
    );
  }
  if (call?.length === 0) {
    throw new InputError("Cannot check a command: name it behind the --");
  }
  return { file, call };
}

async function readWhitelist(file: string, { signal }: CommandInput): Promise<ParsedWhitelist> {
  try {
    return parseWhitelist(await readText(file, signal));
  } catch (error) {
    if (error instanceof WhitelistError) {
      throw new InputError(
        error.problems.map((problem) => formatProblem(file, problem)).join("\n"),
      );
    }
    const state = fileErrorState(error);
    if (state === undefined) throw error;
    throw new InputError(`Cannot read ${JSON.stringify(file)}: ${state}`);
  }
}

function readText(file: string, signal: AbortSignal): Promise<string> {
  return isStandardInput(file)
    ? new Response(standardInput(signal)).text()
    : Deno.readTextFile(file);
}

function summarize(file: string, { commands }: ParsedWhitelist): string {
  const allowed = commands.filter((command) => command.allowed && command.refused === undefined);
  const count = `${allowed.length} ${allowed.length === 1 ? "command" : "commands"} allowed`;
  const refused = commands.flatMap(({ name, line, refused }) =>
    refused === undefined ? [] : [{
      line,
      message: `${name} is refused: ${refused}; only "unsafe: true" allows it`,
    }]
  );
  return [`${file}: ${count}`, ...refused.map((problem) => formatProblem(file, problem)), ""]
    .join("\n");
}

function describe(verdict: Verdict): string {
  if (!verdict.allowed) return `refused: ${verdict.reason}`;
  const { paths, sha256, maxOutput } = verdict;
  const program = paths.length === 1 ? paths[0] : `the first of ${paths.join(", ")}`;
  const digest = sha256 === undefined ? "" : ` with sha256 ${sha256}`;
  return `allowed: runs ${program}${digest}, at most ${formatQuantity(maxOutput)} of output`;
}

/** `file:line: message`, as editors and terminals make a link of it. */
function formatProblem(file: string, { line, message }: WhitelistProblem): string {
  return `${file}:${line}: ${message}`;
}
