import type { HookRun } from "./measured_hooks.ts";
import { oneLine } from "./one_line.ts";

/**
 * What a failed hook has said on standard error, each line behind the hook's name: for the terminal of whoever runs it
 * themselves, and nowhere else. Empty if there is nothing.
 */
export function hookStderr(
  { step, failure, result }: Pick<HookRun, "step" | "failure" | "result">,
  redact: (text: string) => string,
): string {
  const said = result?.stderr.trimEnd() ?? "";
  if (failure === undefined || said === "") return "";
  return redact(said).split(/\r?\n/).map((line) => `${oneLine(`${step.name}: ${line}`)}\n`).join(
    "",
  );
}
