import type { HookCall } from "./hook_call.ts";
import { isForbiddenVariable } from "./forbidden_variable.ts";
import type { Refusal } from "./known_commands/command_rule.ts";
import { knownEntries } from "./known_entries.ts";
import type { Verdict } from "./whitelist_check.ts";
import type { WhitelistEntry } from "./whitelist_entry.ts";

/** Where programs are looked up, in this order. */
const directories = ["/usr/local/bin", "/usr/bin", "/bin"];

/** In UTF-16 units. More is a document, which belongs on standard input; patterns of RE2 take under 20 ms for so much. */
const maxArgumentLength = 32_768;
const maxArguments = 1_000;
/** Of all arguments together, in UTF-16 units: what Linux takes, and what is checked in no time. */
const maxLength = 131_072;

const escape = 'only "unsafe: true" in the whitelist allows that';

/** What is checked of a call; its `timeout` is none of a whitelist's business. */
type Checked = Pick<HookCall, "command" | "args" | "env">;

/** Whether the entries of a whitelist allow a call, and why not. Pure. */
export function judgeCall(
  entries: ReadonlyMap<string, WhitelistEntry>,
  call: Checked,
): Verdict {
  const { command } = call;
  const name = JSON.stringify(command.slice(0, 100));
  const problem = nameProblem(command);
  if (problem !== undefined) return refuse(`${name} ${problem}`);
  const entry = entries.get(command);
  if (!entry) return refuse(`${name} is not in the whitelist`);
  if (!entry.allowed) return refuse(`${name} is not allowed by the whitelist`);
  const reason = argumentProblem(call.args) ?? environmentProblem(entry, call.env) ??
    tableProblem(entry, call.args) ?? patternProblem(entry, call.args);
  if (reason !== undefined) return refuse(`${name}: ${reason}`);
  return {
    allowed: true,
    paths: entry.path === undefined
      ? directories.map((directory) => `${directory}/${command}`)
      : [entry.path],
    ...(entry.sha256 === undefined ? {} : { sha256: entry.sha256 }),
    maxOutput: entry.maxOutput,
  };
}

/** Why a name is none of a command; undefined if it is one. */
export function nameProblem(command: string): string | undefined {
  if (command === "") return "is no command: it is empty";
  if (command.includes("\0") || !command.isWellFormed()) return "is no command";
  if (command.includes("/")) return "is no command: give the bare name, without a slash";
  if (command.includes("..") || command === "." || command.startsWith("-")) {
    return "is no command: give the bare name of a program";
  }
  return undefined;
}

function argumentProblem(args: readonly string[]): string | undefined {
  if (args.length > maxArguments) {
    return `${args.length} arguments, at most ${maxArguments} are allowed`;
  }
  for (const [index, text] of args.entries()) {
    const which = `argument ${index + 1}`;
    if (text.includes("\0")) return `${which} has a NUL in it`;
    if (!text.isWellFormed()) return `${which} is not UTF-8 text`;
    if (text.length > maxArgumentLength) {
      return `${which} is longer than ${maxArgumentLength} characters`;
    }
  }
  const length = args.reduce((sum, text) => sum + text.length, 0);
  return length > maxLength ? `arguments of more than ${maxLength} characters` : undefined;
}

function environmentProblem(
  entry: WhitelistEntry,
  env: Readonly<Record<string, string>>,
): string | undefined {
  for (const [name, value] of Object.entries(env)) {
    const quoted = JSON.stringify(name.slice(0, 100));
    if (isForbiddenVariable(name)) return `the variable ${quoted} can never be set`;
    if (!entry.env.includes(name)) {
      return `the variable ${quoted} is not listed in its "env" in the whitelist`;
    }
    if (value.includes("\0") || !value.isWellFormed()) {
      return `the value of the variable ${quoted} is not text without NUL`;
    }
  }
  return undefined;
}

function tableProblem(entry: WhitelistEntry, args: readonly string[]): string | undefined {
  for (const known of knownEntries(entry)) {
    if (known.refused !== undefined) return `${known.refused}; ${escape}`;
    const refusal = known.rule({ args, env: entry.env });
    if (refusal) return `${describe(refusal)}; ${escape}`;
  }
  return undefined;
}

function describe({ place, token, why }: Refusal): string {
  return token === undefined
    ? `argument ${place} ${why}`
    : `argument ${place}, ${JSON.stringify(token)}, ${why}`;
}

function patternProblem({ patterns }: WhitelistEntry, args: readonly string[]): string | undefined {
  if (patterns.length === 0) return undefined;
  const index = args.findIndex((text) => !patterns.some((pattern) => pattern.testExact(text)));
  return index < 0 ? undefined : `argument ${index + 1} matches none of its "argumentPatterns"`;
}

function refuse(reason: string): Verdict {
  return { allowed: false, reason };
}
