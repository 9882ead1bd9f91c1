import assert from "node:assert/strict";
import { HookWorld } from "../../tests/hook_world.ts";
import { HookAttempts } from "../hooks/hook_attempts.ts";
import { HookRefused } from "../hooks/hook_refused.ts";
import { HookUnavailable } from "../hooks/hook_unavailable.ts";
import { transformRequest } from "../hooks/transform_request.ts";
import { createLog } from "../telemetry/log.ts";
import { HookReports } from "./hook_reports.ts";
import { type HookRun, measuredHooks } from "./measured_hooks.ts";

const source = { namespace: "team", name: "config" };

async function* nothing(): AsyncGenerator<Uint8Array> {}

/** What is told of one run of a scripted command. */
async function runOnce(
  world: HookWorld,
  { signal = world.abort.signal, write = () => Promise.resolve() } = {},
): Promise<HookRun[]> {
  const runs: HookRun[] = [];
  const times = [0, 1_500];
  const clock = { now: () => times.shift() ?? NaN, schedule: () => () => {} };
  const stage = measuredHooks(world.stage, { clock, onRun: (run) => runs.push(run) });
  const [step] = world.steps("postRequest", { command: "other" });
  await stage.run(step!, { stdin: nothing(), write, signal }, source).catch(() => {});
  return runs;
}

const ends = [
  { made: { out: "x" }, failure: undefined },
  { made: { end: { kind: "exit", code: 5 } }, failure: "exit" },
  { made: { end: { kind: "timeout" } }, failure: "timeout" },
  { made: new HookRefused("no"), failure: "refused" },
  { made: new HookUnavailable("no"), failure: "unavailable" },
  { made: new TypeError("bug"), failure: "error" },
] as const;
for (const { made, failure } of ends) {
  Deno.test(`measuredHooks() tells of a run that ends as ${failure ?? "it should"}`, async () => {
    await using world = new HookWorld();
    world.runner.commands["other"] = () => made;
    const [run, ...others] = await runOnce(world);
    assert.deepEqual(others, []);
    assert.deepEqual([run?.source, run?.seconds, run?.failure], [source, 1.5, failure]);
  });
}

Deno.test("measuredHooks() tells of output that cannot be used as a failure", async () => {
  await using world = new HookWorld();
  world.runner.commands["other"] = () => ({ out: "no JSON" });
  const told: (string | undefined)[] = [];
  const attempts = new HookAttempts({
    stage: measuredHooks(world.stage, {
      clock: world.clock,
      onRun: ({ failure }) => told.push(failure),
    }),
    source,
    maxRetries: 0,
    slot: () => Promise.resolve(() => {}),
    clock: world.clock,
    signal: world.abort.signal,
  });
  const tls = { insecureSkipVerify: false };
  const request = { url: "http://a.test/", method: "GET", headers: {}, secretHeaders: [], tls };
  const steps = world.steps("preRequest", { command: "other" });
  await assert.rejects(transformRequest(request, steps, attempts), { class: "hook" });
  assert.deepEqual(told, ["invalid"]);
});

Deno.test("measuredHooks() tells nothing of a run that the end of the program cuts off", async () => {
  await using world = new HookWorld();
  world.runner.commands["other"] = () => {
    world.abort.abort(new Error("stop"));
    return {};
  };
  assert.deepEqual(await runOnce(world), []);
});

Deno.test("HookReports logs standard error at debug only, cut and redacted, and sums up a reconcile", async () => {
  await using world = new HookWorld();
  const counted: unknown[] = [];
  const lines: string[] = [];
  const logOf = (level: string) =>
    createLog({
      ...{ level, encoding: "json", clock: world.clock },
      redact: (text) => text.replaceAll("canary", "***"),
      write: (line) => lines.push(line),
    });
  world.runner.commands["other"] = () => ({
    end: { kind: "exit", code: 5 },
    stderr: `canary${"x".repeat(9_000)}`,
  });
  const [run] = await runOnce(world);
  const metrics = { hookRan: (told: unknown) => void counted.push(told) };
  new HookReports({ log: logOf("info"), metrics }).ran(run!);
  assert.deepEqual(lines, []);
  const reports = new HookReports({ log: logOf("debug"), metrics });
  reports.ran(run!);
  reports.ran({ ...run!, failure: undefined, seconds: .25 });
  const { stderr, hook, place, exitCode, failure } = JSON.parse(lines[0]!);
  assert.equal(stderr, `***${"x".repeat(4_090)}`);
  assert.deepEqual([hook, place, exitCode, failure], ["h1", "postRequest 1 of 1", 5, "exit"]);
  assert.deepEqual(counted[0], {
    key: "team/config",
    ...{ name: "h1", retryPolicy: "fail", seconds: 1.5, failure: "exit" },
  });
  assert.deepEqual(reports.take("team/config"), {
    hookRuns: 2,
    hookFailures: 1,
    hookDurationMs: 1_750,
  });
  assert.deepEqual(reports.take("team/config"), {});
});
