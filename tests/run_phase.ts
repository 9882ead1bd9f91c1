import { createInterface } from "node:readline";
import { Readable } from "node:stream";
import { fileURLToPath } from "node:url";
import { failuresTold } from "./failures_told.ts";
import { addCounts, type Counts, formatCounts, noCounts, readCounts } from "./test_counts.ts";
import { testFiles } from "./test_files.ts";

const root = fileURLToPath(new URL("..", import.meta.url));

/** Says how far it is, with the time, on standard error. */
export function say(text: string): void {
  console.error(`${new Date().toISOString().slice(11, 19)} ${text}`);
}

/** Tests that run together. */
export interface Phase {
  /** Files, folders and flags of `deno test`. */
  readonly args: readonly string[];
  /** What each line of its output begins with, where others run at the same time. */
  readonly name?: string;
}

/** Tests that wait for other programs. */
export interface PhaseOnRealParts extends Phase {
  /** How many of its files run at the same time; otherwise one. */
  readonly filesAtOnce?: number;
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

/** Runs it and shows its output. */
export async function runPhase(phase: Phase): Promise<PhaseResult> {
  const { failures, report, success } = await runOnce(phase);
  return { counts: readCounts(report, success), failures, passedAgain: [] };
}

async function runFile(file: string, name: string | undefined): Promise<PhaseResult> {
  // The types of all files are checked at once, by `deno task ok` and `.ci/run`.
  const phase = { args: ["--no-check", file], ...name === undefined ? {} : { name } };
  const first = await runPhase(phase);
  if (first.counts.failed === 0) return first;
  const again = await runPhase(phase);
  return {
    counts: again.counts,
    failures: [...first.failures, ...again.failures],
    passedAgain: again.counts.failed === 0 ? [file] : [],
  };
}

/**
 * Runs it, each file by itself, and shows its output. A file that fails, in a test or outside of one, is run once more and told
 * of at the end: a busy machine can stand still for longer than any of them waits, and whoever reads the output is to look at both.
 */
export async function runOnRealParts(phase: PhaseOnRealParts): Promise<PhaseResult> {
  const { args, name, filesAtOnce = 1 } = phase;
  const left = testFiles(args);
  const results: PhaseResult[] = [];
  const work = async () => {
    for (let file = left.shift(); file !== undefined; file = left.shift()) {
      results.push(await runFile(file, filesAtOnce > 1 ? file : name));
    }
  };
  await Promise.all(Array.from({ length: filesAtOnce }, work));
  const sum = sumOf(results);
  say(`${name ?? args.join(" ")}: ${formatCounts(sum.counts)}`);
  return sum;
}

function sumOf(results: readonly PhaseResult[]): PhaseResult {
  return {
    counts: results.reduce((sum, { counts }) => addCounts(sum, counts), noCounts),
    failures: results.flatMap(({ failures }) => failures),
    passedAgain: results.flatMap(({ passedAgain }) => passedAgain),
  };
}

/**
 * Ends this process with the line that build machines look for: the sum of what ran. What failed is told again before it, since
 * of a long output often only the end is at hand.
 */
export function endWith(results: readonly PhaseResult[]): never {
  const { counts, failures, passedAgain } = sumOf(results);
  for (const line of failures) console.log(line);
  for (const file of passedAgain) {
    say(`${file} failed and then passed when it was run once more: its first failure stands above`);
  }
  say("done");
  console.log(formatCounts(counts));
  Deno.exit(counts.failed > 0 ? 1 : 0);
}
