import { createInterface } from "node:readline";
import { Readable } from "node:stream";
import { fileURLToPath } from "node:url";
import { addCounts, type Counts, formatCounts, readCounts } from "./test_counts.ts";

const root = fileURLToPath(new URL("..", import.meta.url));

/** Says how far it is, with the time, on standard error. */
export function say(text: string): void {
  console.error(`${new Date().toISOString().slice(11, 19)} ${text}`);
}

/** One `deno test`. */
export interface Phase {
  /** Files, folders and flags of `deno test`. */
  readonly args: readonly string[];
  /** What each line of its output begins with, where others run at the same time. */
  readonly name?: string;
}

async function showLines(output: ReadableStream<Uint8Array>, name: string): Promise<void> {
  for await (const line of createInterface({ input: Readable.from(output) })) {
    console.log(`${name} | ${line}`);
  }
}

/** Runs it and shows its output. */
export async function runPhase({ args, name }: Phase): Promise<Counts> {
  say(`deno test ${args.join(" ")}`);
  const report = await Deno.makeTempFile({ suffix: ".xml" });
  const output = name === undefined ? "inherit" : "piped";
  try {
    const child = new Deno.Command(Deno.execPath(), {
      args: ["test", "--allow-all", "--trace-leaks", `--junit-path=${report}`, ...args],
      cwd: root,
      stdout: output,
      stderr: output,
    }).spawn();
    if (name !== undefined) {
      await Promise.all([child.stdout, child.stderr].map((each) => showLines(each, name)));
    }
    const { success } = await child.status;
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
