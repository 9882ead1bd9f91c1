import type { CommandInput } from "./command.ts";
import { dropPermissions } from "./drop_permissions.ts";

/** Arguments, environment, signals and output of this process, as a command gets them. */
export function startProcess(): CommandInput {
  const ending = new AbortController();
  for (const signal of ["SIGTERM", "SIGINT"] as const) {
    Deno.addSignalListener(signal, () => {
      // A second signal means it: whoever presses Ctrl-C twice does not want to wait for downloads.
      if (ending.signal.aborted) Deno.exit(1);
      ending.abort(new DOMException(`ended by ${signal}`, "AbortError"));
    });
  }
  return {
    arguments: Deno.args,
    environment: Deno.env.toObject(),
    signal: ending.signal,
    print: (text) => writeAll(Deno.stdout, text),
    printError: (text) => writeAll(Deno.stderr, text),
    drop: dropPermissions,
  };
}

function writeAll(output: typeof Deno.stdout, text: string): void {
  let rest = new TextEncoder().encode(text);
  while (rest.length > 0) rest = rest.subarray(output.writeSync(rest));
}
