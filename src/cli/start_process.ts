import process from "node:process";
import type { CommandInput } from "./command.ts";
import { dropPermissions } from "./drop_permissions.ts";

/** Arguments, environment, signals and output of this process, as a command gets them. */
export function startProcess(): CommandInput {
  const ending = new AbortController();
  let interrupted = false;
  for (const signal of ["SIGTERM", "SIGINT"] as const) {
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
    // Nobody reads on, as behind `| head -1`: there is no reason to go on either.
    print: (text) => writeAll(Deno.stdout, text) || ending.abort(readersLeft),
    printError: (text) => void writeAll(Deno.stderr, text),
    drop: dropPermissions,
  };
}

const readersLeft = new DOMException("ended because nobody reads the output", "AbortError");

/** @returns false if nobody reads the other end */
function writeAll(output: typeof Deno.stdout, text: string): boolean {
  let rest = new TextEncoder().encode(text);
  try {
    while (rest.length > 0) rest = rest.subarray(output.writeSync(rest));
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.BrokenPipe) return false;
    throw error;
  }
}
