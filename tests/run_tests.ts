/**
 * `deno task test`: gets or builds what the tests need, runs all of them and ends with a line `N passed, N failed` and exit code 1
 * if any failed. With arguments it runs only those files or folders: `deno task test src/queue`. With `--pods` it also runs
 * what `deno task e2e` runs.
 */
import { buildPrograms } from "./cluster/build_programs.ts";
import { provideGo } from "./cluster/provide_go.ts";
import { buildFetcher } from "./flux/fetcher.ts";
import { runCommand } from "./run_command.ts";
import { endWith, type Phase, runPhase, say } from "./run_phase.ts";
import type { Counts } from "./test_counts.ts";

const root = new URL("..", import.meta.url).pathname;

const inPods = "tests/e2e";
const alone = ["tests/integration", "tests/soak"];
const sideBySide = ["tests/lint", "tests/gen", "tests/store"];

/**
 * What runs one after the other, and of that what runs at once. Unit tests run side by side, and so do those of stores, which
 * mostly wait for their servers; what starts clusters runs alone, so that it gets the time it expects. With those in pods, which
 * would make it an hour, acceptance tests run beside the rest: they mostly wait for leases and intervals.
 */
function stagesOf(withPods: boolean): readonly (readonly Phase[])[] {
  const all: readonly Phase[] = [{ args: [`--ignore=${[inPods, ...sideBySide]}`, "tests"] }];
  const elsewhere = ["tests/acceptance", ...sideBySide, ...alone];
  const atOnce: readonly Phase[] = [
    { name: "acceptance", args: ["tests/acceptance"] },
    { name: "rest", args: [`--ignore=${elsewhere}`, "tests"] },
  ];
  return [
    [{ args: ["--parallel", "src", "docs", "tests/lint", "tests/gen"] }],
    [{ args: ["--parallel", "tests/store"] }],
    ...(withPods ? [atOnce, [{ args: alone }]] : [all]),
  ];
}

async function prepare(withPods: boolean) {
  say("looking for what the tests need; on a fresh machine it is built, in about 10 minutes");
  await runCommand(`${root}tests/cluster/apt.sh`, {
    args: ["control-plane", "flux", "hooks", "s3", "redis", "soak"],
  });
  await provideGo();
  await buildPrograms([
    "control-plane",
    "flux",
    "hooks",
    "s3",
    "charts",
    ...withPods ? ["node"] : [],
  ]);
  await buildFetcher();
}

const given = Deno.args.filter((each) => each !== "--pods");
const withPods = given.length < Deno.args.length;
const stages: readonly (readonly Phase[])[] = given.length > 0
  ? [[{ args: withPods ? [...given, inPods] : given }]]
  : stagesOf(withPods);

await prepare(withPods);
const counts: Counts[] = [];
for (const stage of stages) counts.push(...await Promise.all(stage.map(runPhase)));
endWith(counts);
