/**
 * `deno task test`: gets or builds what the tests need, runs all of them and ends with a line `N passed, N failed` and exit code 1
 * if any failed. With arguments it runs only those files or folders: `deno task test src/queue`. With `--pods` it also runs
 * what `deno task e2e` runs.
 */
import { buildPrograms } from "./cluster/build_programs.ts";
import { provideGo } from "./cluster/provide_go.ts";
import { buildFetcher } from "./flux/fetcher.ts";
import { runCommand } from "./run_command.ts";
import { endWith, type PhaseResult, runOnRealParts, runPhase, say } from "./run_phase.ts";

const root = new URL("..", import.meta.url).pathname;

const inPods = "tests/e2e";
const alone = ["tests/integration", "tests/soak"];
const sideBySide = ["tests/lint", "tests/gen", "tests/store"];

const unitTests = { args: ["--parallel", "src", "docs", "tests/lint", "tests/gen"] };
const storeTests = { args: ["tests/store"], filesAtOnce: navigator.hardwareConcurrency };
const forPods = ["node", "cli"];

async function prepare(withPods: boolean) {
  say("looking for what the tests need; on a fresh machine it is built, in about 10 minutes");
  const groups = ["control-plane", "flux", "hooks", "s3", "redis", "soak"];
  await runCommand(`${root}tests/cluster/apt.sh`, {
    args: [...groups, ...withPods ? ["node", "images", "pause"] : []],
  });
  await provideGo();
  const programs = ["control-plane", "flux", "hooks", "s3", "charts"];
  await buildPrograms(programs, { isMoreToCome: withPods });
  await buildFetcher();
}

/**
 * Unit tests run side by side, and so do those of stores, which mostly wait for their servers; what starts clusters runs alone,
 * so that it gets the time that it expects.
 */
async function runAll(): Promise<readonly PhaseResult[]> {
  const args = [`--ignore=${[inPods, ...sideBySide]}`, "tests"];
  return [
    await runPhase(unitTests),
    await runOnRealParts(storeTests),
    await runOnRealParts({ args }),
  ];
}

/**
 * The same and what runs in pods. One after the other that would take an hour on a fresh machine, so acceptance tests, which
 * mostly wait for leases and intervals, run beside the rest, and what pods need is built meanwhile.
 */
async function runAllWithPods(): Promise<readonly PhaseResult[]> {
  const built = buildPrograms(forPods, { isBeside: true });
  built.catch(() => {}); // those in pods tell
  const results = [await runPhase(unitTests), await runOnRealParts(storeTests)];
  const elsewhere = ["tests/acceptance", inPods, ...sideBySide, ...alone];
  const rest = { name: "rest", args: [`--ignore=${elsewhere}`, "tests"] };
  const restAndPods = async () => {
    const first = await runOnRealParts(rest);
    await built.catch((error) => say(String(error)));
    return [first, await runOnRealParts({ name: "pods", args: [inPods] })];
  };
  const acceptance = { name: "acceptance", args: ["tests/acceptance"] };
  results.push(...(await Promise.all([restAndPods(), runOnRealParts(acceptance)])).flat());
  return [...results, await runOnRealParts({ args: alone })];
}

const given = Deno.args.filter((each) => each !== "--pods");
const withPods = given.length < Deno.args.length;

await prepare(withPods);
if (given.length > 0) {
  if (withPods) await buildPrograms(forPods);
  endWith([await runPhase({ args: withPods ? [...given, inPods] : given })]);
}
endWith(withPods ? await runAllWithPods() : await runAll());
