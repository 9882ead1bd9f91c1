import process from "node:process";
import { fileErrorState } from "../core/file_error.ts";
import { StepError } from "../core/step_error.ts";
import type { CommandInput } from "./command.ts";
import { dropPermissions } from "./drop_permissions.ts";

/** Arguments, environment, signals and output of this process, as a command gets them. */
export function startProcess(): CommandInput {
  const ending = new AbortController();
  let interrupted = false;
  // SIGHUP is what a terminal sends that is closed; Deno does not inherit that nohup ignores it.
  for (const signal of ["SIGTERM", "SIGINT", "SIGHUP"] as const) {
    Deno.addSignalListener(signal, () => {
      // Whoever presses Ctrl-C twice does not want to wait for downloads; a SIGTERM after it may come from a parent that got it too.
      if (interrupted && signal === "SIGINT") Deno.exit(1);
      interrupted ||= signal === "SIGINT";
      ending.abort(new DOMException(`ended by ${signal}`, "AbortError"));
    });
  }
  return {
    program: process.argv0,
    arguments: Deno.args,
    environment: Deno.env.toObject(),
    signal: ending.signal,
    print(text) {
      const failure = writeAll(Deno.stdout, text);
      // Nobody reads on, as behind `| head -1`: there is no reason to go on either.
      if (failure instanceof Deno.errors.BrokenPipe) ending.abort(readersLeft);
      else if (failure !== undefined) throw outputError(failure);
    },
    // Where else could it be told that this failed?
    printError: (text) => void writeAll(Deno.stderr, text),
    drop: dropPermissions,
  };
}

const readersLeft = new DOMException("ended because nobody reads the output", "AbortError");

/** @returns what the operating system refused, if anything */
function writeAll(output: typeof Deno.stdout, text: string): unknown {
  let rest = new TextEncoder().encode(text);
  try {
    while (rest.length > 0) rest = rest.subarray(output.writeSync(rest));
    return undefined;
  } catch (error) {
    if (fileErrorState(error) === undefined) throw error;
    return error;
  }
}

function outputError(cause: unknown): StepError {
  const message = `Cannot write to standard output: ${fileErrorState(cause)}`;
  return new StepError(message, { class: "storage", reason: "OutputFailed", cause });
}
