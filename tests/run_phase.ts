import { createInterface } from "node:readline";
import { Readable } from "node:stream";
import { fileURLToPath } from "node:url";
import { failuresTold } from "./failures_told.ts";
import {
  addCounts,
  type Counts,
  failedFiles,
  formatCounts,
  readCounts,
  reportedFiles,
  withoutFiles,
} from "./test_counts.ts";
import { testFiles } from "./test_files.ts";

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
  /**
   * Whether its tests wait for other programs. A file of them in which a test fails is run once more and told of at the end: a
   * busy machine can stand still for longer than any of them waits, and whoever reads the output is to look at both.
   */
  readonly isOnRealParts?: boolean;
}

/** What a phase came to. */
export interface PhaseResult {
  readonly counts: Counts;
  /** What `deno test` said of what failed, a first try included. */
  readonly failures: readonly string[];
  /** The files that failed, and passed when they were run once more. */
  readonly passedAgain: readonly string[];
}

/** What one `deno test` came to. */
interface Run {
  readonly failures: readonly string[];
  /** In the form of JUnit. */
  readonly report: string;
  readonly success: boolean;
}

async function runOnce({ args, name }: Phase): Promise<Run> {
  say(`deno test ${args.join(" ")}`);
  const report = await Deno.makeTempFile({ suffix: ".xml" });
  const start = name === undefined ? "" : `${name} | `;
  try {
    const child = new Deno.Command(Deno.execPath(), {
      args: ["test", "--allow-all", "--trace-leaks", `--junit-path=${report}`, ...args],
      cwd: root,
      stdout: "piped",
      stderr: "piped",
    }).spawn();
    const told = await Promise.all([child.stdout, child.stderr].map((output) => {
      const lines = createInterface({ input: Readable.from(output) });
      return failuresTold(lines, (line) => console.log(`${start}${line}`));
    }));
    const { success } = await child.status;
    return { failures: told.flat(), report: await Deno.readTextFile(report), success };
  } finally {
    await Deno.remove(report);
  }
}

/** Whether every file was run: what was not would be forgotten by a second try of others. */
function isComplete({ args }: Phase, report: string): boolean {
  const reported = reportedFiles(report);
  return testFiles(args).every((file) => reported.includes(file));
}

/** Runs it and shows its output. */
export async function runPhase(phase: Phase): Promise<PhaseResult> {
  const { failures, report, success } = await runOnce(phase);
  const failed = phase.isOnRealParts && isComplete(phase, report) ? failedFiles(report) : [];
  if (failed.length === 0) {
    return { counts: readCounts(report, success), failures, passedAgain: [] };
  }
  const flags = phase.args.filter((each) => each.startsWith("--") && !each.startsWith("--ignore"));
  const again = await runOnce({ ...phase, args: [...flags, ...failed] });
  const others = readCounts(withoutFiles(report, failed), true);
  return {
    counts: addCounts(others, readCounts(again.report, again.success)),
    failures: [...failures, ...again.failures],
    passedAgain: failed.filter((file) => !failedFiles(again.report).includes(file)),
  };
}

/**
 * Ends this process with the line that build machines look for: the sum of what ran. What failed is told again before it, since
 * of a long output often only the end is at hand.
 */
export function endWith(results: readonly PhaseResult[]): never {
  const none: Counts = { passed: 0, failed: 0, skipped: 0 };
  const counts = results.reduce((sum, result) => addCounts(sum, result.counts), none);
  for (const line of results.flatMap(({ failures }) => failures)) console.log(line);
  for (const file of results.flatMap(({ passedAgain }) => passedAgain)) {
    say(`${file} failed and then passed when it was run once more: its first failure stands above`);
  }
  say("done");
  console.log(formatCounts(counts));
  Deno.exit(counts.failed > 0 ? 1 : 0);
}
