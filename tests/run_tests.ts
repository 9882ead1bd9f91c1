/**
 * `deno task test`: gets or builds what the tests need, runs all of them and ends with a line `N passed, N failed` and exit code 1
 * if any failed. With arguments it runs only those files or folders: `deno task test src/queue`.
 */
import { buildPrograms } from "./cluster/build_programs.ts";
import { provideGo } from "./cluster/provide_go.ts";
import { buildFetcher } from "./flux/fetcher.ts";
import { runCommand } from "./run_command.ts";
import { addCounts, type Counts, formatCounts, readCounts } from "./test_counts.ts";

const root = new URL("..", import.meta.url).pathname;

/** `deno task e2e` runs these, in pods. */
const ignored = "--ignore=tests/e2e";

/**
 * Unit tests run side by side, and so do those of stores, which mostly wait for their servers; what starts clusters runs
 * alone, so that it gets the time it expects.
 */
const phases: readonly (readonly string[])[] = [
  ["--parallel", "src", "docs", "tests/lint", "tests/gen"],
  ["--parallel", "tests/store"],
  [ignored, "--ignore=tests/lint,tests/gen,tests/store", "tests"],
];

function say(text: string) {
  console.error(`${new Date().toISOString().slice(11, 19)} ${text}`);
}

async function prepare() {
  say("looking for what the tests need; on a fresh machine it is built, in about 10 minutes");
  await runCommand(`${root}tests/cluster/apt.sh`, {
    args: ["control-plane", "flux", "hooks", "s3", "redis", "soak"],
  });
  await provideGo();
  await buildPrograms(["control-plane", "flux", "hooks", "s3", "charts"]);
  await buildFetcher();
}

async function runPhase(args: readonly string[]): Promise<Counts> {
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

await prepare();
let counts: Counts = { passed: 0, failed: 0, skipped: 0 };
for (const phase of Deno.args.length > 0 ? [Deno.args] : phases) {
  counts = addCounts(counts, await runPhase(phase));
}
say("done");
console.log(formatCounts(counts));
Deno.exit(counts.failed > 0 ? 1 : 0);
