import assert from "node:assert/strict";
import { join } from "node:path";
import { StepError } from "../core/step_error.ts";
import type { HookStep } from "../hooks/hook_step.ts";
import { createLog } from "../telemetry/log.ts";
import { openSidecarHooks } from "./sidecar_hooks.ts";
import { OperatorSamples } from "./operator_samples.ts";
import { systemClock } from "./system_clock.ts";
import { createMetrics } from "../telemetry/metrics.ts";

const step: HookStep = {
  ...{ name: "a", phase: "preRequest", place: 1, count: 1, retryPolicy: "fail" },
  call: { command: "jq", args: ["."], env: {}, timeoutMs: 1_000 },
};

/** Opens hooks with a whitelist of this text, or none; tells what was said of it. */
async function open({ text, tokenFile }: { text?: string; tokenFile?: string }) {
  await using stack = new AsyncDisposableStack();
  const folder = await Deno.makeTempDir();
  stack.defer(() => Deno.remove(folder, { recursive: true }));
  const hookWhitelistPath = join(folder, "whitelist.yaml");
  if (text !== undefined) await Deno.writeTextFile(hookWhitelistPath, text);
  const hookTokenFile = tokenFile ?? join(folder, "token");
  const lines: string[] = [];
  const log = createLog({
    ...{ level: "info", encoding: "json", clock: systemClock, redact: (text: string) => text },
    write: (line) => lines.push(line),
  });
  const samples = new OperatorSamples(systemClock);
  const metrics = createMetrics({ version: "", startedAt: 0, samples });
  const bad: string[] = [];
  const { stage } = await openSidecarHooks({
    values: { hookWhitelistPath, hookTokenFile, hookExecutorEndpoint: "http://localhost:1" },
    telemetry: { log, metrics },
    resources: stack,
    onBadWhitelist: (problem) => bad.push(problem),
  });
  const loads = (await Array.fromAsync(metrics.render())).join("").split("\n")
    .filter((line) => line.startsWith("externalsource_hook_whitelist_loads_total{"));
  const token = await Deno.readTextFile(hookTokenFile).catch(() => "");
  const levels = lines.map((line) => JSON.parse(line).level);
  const refusal: unknown = await stage.check([step]).catch((error) => error);
  return {
    ...{ rules: stage.rules(), bad, levels, token, refusal },
    loads: loads.map((line) => line.at(-1)),
  };
}

Deno.test("openSidecarHooks() takes the whitelist, and gives the executor a new token at each start", async () => {
  const text = "commands: {jq: {allowed: true}}";
  const [first, second] = [await open({ text }), await open({ text })];
  assert.match(first.rules, /^[0-9a-f]{64}$/);
  assert.deepEqual([first.bad, first.levels, first.loads], [[], ["info"], ["1", "0"]]);
  assert.match(first.token, /^[0-9a-f]{64}\n$/);
  assert.notEqual(first.token, second.token);
});

Deno.test("openSidecarHooks() makes no fuss of a whitelist that is not there, and runs no hook", async () => {
  const { rules, bad, levels, loads, refusal } = await open({});
  assert.deepEqual([rules, bad, levels, loads], ["none", [], ["info"], ["0", "0"]]);
  assert(refusal instanceof StepError);
  assert.match(refusal.message, /: no such file or directory; see HOOK_WHITELIST_PATH$/);
});

Deno.test("openSidecarHooks() tells of a whitelist that cannot be used, in log, metric and event", async () => {
  const { rules, bad, levels, loads } = await open({ text: "commands: [" });
  assert.deepEqual([rules, levels, loads], ["none", ["warn"], ["0", "1"]]);
  assert.match(bad[0]!, /^cannot use the whitelist ".*": line 1: /);
});

Deno.test("openSidecarHooks() goes on without a token that cannot be written", async () => {
  const { rules, levels } = await open({ text: "commands: {}", tokenFile: "/nonexistent/token" });
  assert.notEqual(rules, "none");
  assert.deepEqual(levels, ["error", "info"]);
});
