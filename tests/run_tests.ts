/**
 * `deno task test`: gets or builds what the tests need, runs all of them and ends with a line `N passed, N failed` and exit code 1
 * if any failed. With arguments it runs only those files or folders: `deno task test src/queue`. With `--pods` it also runs, at the
 * end, what `deno task e2e` runs.
 */
import { buildPrograms } from "./cluster/build_programs.ts";
import { provideGo } from "./cluster/provide_go.ts";
import { buildFetcher } from "./flux/fetcher.ts";
import { runCommand } from "./run_command.ts";
import { endWith, runPhase, say } from "./run_phase.ts";
import type { Counts } from "./test_counts.ts";

const root = new URL("..", import.meta.url).pathname;

const inPods = "tests/e2e";

/**
 * Unit tests run side by side, and so do those of stores, which mostly wait for their servers; what starts clusters runs
 * alone, so that it gets the time it expects.
 */
const phases: readonly (readonly string[])[] = [
  ["--parallel", "src", "docs", "tests/lint", "tests/gen"],
  ["--parallel", "tests/store"],
  [`--ignore=${inPods},tests/lint,tests/gen,tests/store`, "tests"],
];

async function prepare() {
  say("looking for what the tests need; on a fresh machine it is built, in about 10 minutes");
  await runCommand(`${root}tests/cluster/apt.sh`, {
    args: ["control-plane", "flux", "hooks", "s3", "redis", "soak"],
  });
  await provideGo();
  await buildPrograms(["control-plane", "flux", "hooks", "s3", "charts"]);
  await buildFetcher();
}

function wantedPhases(args: readonly string[]): readonly (readonly string[])[] {
  const given = args.filter((each) => each !== "--pods");
  const wanted = given.length > 0 ? [given] : phases;
  return args.includes("--pods") ? [...wanted, [inPods]] : wanted;
}

await prepare();
const counts: Counts[] = [];
for (const phase of wantedPhases(Deno.args)) counts.push(await runPhase(phase));
endWith(counts);
