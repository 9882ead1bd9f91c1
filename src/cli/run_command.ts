import { asksForHelp } from "../config/asks_for_help.ts";
import { ConfigError } from "../config/config_error.ts";
import { nearestName } from "../config/nearest_name.ts";
import { StepError } from "../core/step_error.ts";
import { ObjectsUnavailableError } from "../objects/objects.ts";
import { type Command, type CommandInput, type ExitCode, InputError } from "./command.ts";
import { commands, defaultCommand } from "./commands.ts";
import { unnamedCommand } from "./unnamed_command.ts";

/** What a process was started with. */
export type ProcessInput = CommandInput;

/** Picks the command, runs it, and turns what it throws into a message and an exit code. */
export async function runCommand(input: ProcessInput): Promise<ExitCode> {
  const [given = "", ...rest] = input.arguments;
  const first = given === "--version" ? "version" : given;
  if (first === "help" || (asksForHelp([first]) && first !== "")) return printHelp(input, rest[0]);
  const named = first !== "" && !first.startsWith("-");
  const command = named ? commands[first] : commands[unnamedCommand(input)];
  if (!command) {
    const near = nearestName(first, Object.keys(commands));
    input.printError(
      `Cannot run "${first}": there is no such command${
        near ? `; did you mean "${near}"?` : ""
      }\n` +
        `Commands: ${Object.keys(commands).join(", ")}; --help explains them\n`,
    );
    return 2;
  }
  const own = { ...input, arguments: named ? rest : input.arguments };
  if (asksForHelp(own.arguments)) {
    input.print(command.help());
    return 0;
  }
  return await guarded(command, own);
}

async function guarded(command: Command, input: CommandInput): Promise<ExitCode> {
  try {
    return await command.run(input);
  } catch (error) {
    if (error instanceof ConfigError || error instanceof InputError) {
      input.printError(`${error.message}\n`);
      return 2;
    }
    if (input.signal.aborted) return 0;
    if (error instanceof StepError) {
      input.printError(`${error.message}\n`);
      return error.class === "configuration" ? 2 : 1;
    }
    if (error instanceof ObjectsUnavailableError) {
      input.printError(`${error.message}\n`);
      return 1;
    }
    input.printError(`Internal error: ${error instanceof Error ? error.stack : error}\n`);
    return 1;
  }
}

function printHelp({ print, printError }: ProcessInput, name: string | undefined): ExitCode {
  if (name === undefined) {
    print(overview());
    return 0;
  }
  const command = commands[name];
  if (command) print(command.help());
  else printError(`Cannot explain "${name}": there is no such command\n`);
  return command ? 0 : 2;
}

function overview(): string {
  const width = Math.max(...Object.keys(commands).map((name) => name.length));
  const lines = Object.entries(commands).map(([name, { summary }]) =>
    `  ${name.padEnd(width)}  ${summary}`
  );
  return `Makes any document behind an HTTP API a source of Flux.

Usage: externalsource-controller [COMMAND] [FLAGS]

Commands:
${lines.join("\n")}

Without a command it is "${defaultCommand}". "help COMMAND" or "COMMAND --help" explains one.
Exit codes: 0 done, 1 the work failed, 2 the input or the settings are wrong.
`;
}
