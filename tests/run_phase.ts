import { fileURLToPath } from "node:url";
import { addCounts, type Counts, formatCounts, readCounts } from "./test_counts.ts";

const root = fileURLToPath(new URL("..", import.meta.url));

/** Says how far it is, with the time, on standard error. */
export function say(text: string): void {
  console.error(`${new Date().toISOString().slice(11, 19)} ${text}`);
}

/**
 * One `deno test`, whose output is shown.
 *
 * @param args files, folders and flags of `deno test`
 */
export async function runPhase(args: readonly string[]): Promise<Counts> {
  say(`deno test ${args.join(" ")}`);
  const report = await Deno.makeTempFile({ suffix: ".xml" });
  try {
    const { success } = await new Deno.Command(Deno.execPath(), {
      args: ["test", "--allow-all", "--trace-leaks", `--junit-path=${report}`, ...args],
      cwd: root,
      stdout: "inherit",
      stderr: "inherit",
    }).output();
    return readCounts(await Deno.readTextFile(report), success);
  } finally {
    await Deno.remove(report);
  }
}

/** Ends this process with the line that build machines look for: the sum of what ran. */
export function endWith(phases: readonly Counts[]): never {
  const counts = phases.reduce(addCounts, { passed: 0, failed: 0, skipped: 0 });
  say("done");
  console.log(formatCounts(counts));
  Deno.exit(counts.failed > 0 ? 1 : 0);
}
