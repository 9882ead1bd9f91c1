import assert from "node:assert/strict";
import { join } from "node:path";
import { findCondition } from "../../src/core/condition.ts";
import { runCommand } from "../../src/cli/run_command.ts";
import { KubeWorld } from "../integration/kube_world.ts";
import { freePort } from "./controller_process.ts";
import { eventually } from "./eventually.ts";
import { ExecutorProcess } from "./executor_process.ts";
import { FluxWorld, patience } from "./flux_world.ts";

const jqOnly = "commands: {jq: {allowed: true}}";
const jqAndSed = "commands: {jq: {allowed: true}, sed: {allowed: true}}";

const spec = (origin: string, hooks: unknown) => ({
  interval: "1s",
  destinationPath: "app/document.yaml",
  generator: { type: "http", http: { url: `${origin}/document.yaml` } },
  hooks,
});
const toUpper = { name: "upper", command: "jq", args: [".data.value |= ascii_upcase"] };

/** Waits for a reason of Ready; returns its message. */
async function untilReady(world: FluxWorld, name: string, reason: string): Promise<string> {
  const look = async () => {
    const ready = findCondition((await world.source(name)).status?.conditions ?? [], "Ready");
    return ready?.reason === reason && ready;
  };
  return (await eventually(look, { withinMs: patience, what: `${name} is ${reason}` })).message;
}

async function revisionOf(world: FluxWorld, name: string): Promise<string | undefined> {
  return (await world.artifact(name)).status?.artifact?.revision;
}

/** What `build` makes of the same source. */
async function buildRevision(folder: string, given: unknown): Promise<string | undefined> {
  const file = join(folder, "built.yaml");
  const source = {
    apiVersion: "source.flux.oddkin.co/v1alpha1",
    kind: "ExternalSource",
    metadata: { name: "built" },
    spec: given,
  };
  await Deno.writeTextFile(file, JSON.stringify(source));
  let out = "";
  const whitelist = `--whitelist=${join(folder, "whitelist.yaml")}`;
  const code = await runCommand({
    arguments: ["build", file, whitelist, "-o", join(folder, "built.tar.gz")],
    environment: {},
    signal: new AbortController().signal,
    print: (text) => out += text,
    printError: (text) => out += text,
    drop: () => {},
  });
  assert.equal(code, 0, out);
  return /^revision +(\S+)$/m.exec(out)?.[1];
}

async function metricsOf(world: FluxWorld): Promise<string> {
  return await (await fetch(world.controller.metrics)).text();
}

/** Files that controller and sidecar share, and the sidecar. */
interface Shared {
  readonly folder: string;
  readonly whitelist: string;
  readonly tokenFile: string;
  readonly executor: ExecutorProcess;
}

async function seesBytes(world: FluxWorld, { folder }: Shared): Promise<void> {
  const hooked = spec(world.origin, { postRequest: [toUpper] });
  world.publishUpstream("good");
  await world.createSource("plain", { interval: "1s" });
  await world.createSource("hooked", hooked);
  await untilReady(world, "hooked", "Succeeded");
  assert.equal(await revisionOf(world, "hooked"), await buildRevision(folder, hooked));
  await untilReady(world, "plain", "Succeeded");
  assert.notEqual(await revisionOf(world, "plain"), await revisionOf(world, "hooked"));
}

async function needsToken({ tokenFile, executor }: Shared): Promise<void> {
  assert.match((await Deno.readTextFile(tokenFile)).trim(), /^[0-9a-f]{64}$/);
  assert.equal((await Deno.stat(tokenFile)).mode! & 0o007, 0);
  const answer = await fetch(`${executor.origin}/execute`, { method: "POST", body: "{}" });
  await answer.body?.cancel();
  assert.equal(answer.status, 401);
}

async function followsWhitelist(world: FluxWorld, { whitelist }: Shared): Promise<void> {
  const greet = { name: "greet", command: "sed", args: ["s/GOOD/BETTER/"] };
  await world.createSource("refused", spec(world.origin, { postRequest: [toUpper, greet] }));
  assert.match(
    await untilReady(world, "refused", "HookNotAllowed"),
    /^hook "greet" \(postRequest 2 of 2\) is not allowed: "sed"/,
  );
  await Deno.writeTextFile(`${whitelist}.new`, jqAndSed);
  await Deno.rename(`${whitelist}.new`, whitelist);
  await untilReady(world, "refused", "Succeeded");
}

async function keepsOldWhitelist(world: FluxWorld, { whitelist }: Shared): Promise<void> {
  await Deno.writeTextFile(whitelist, "commands: [");
  const look = async () => {
    const events = await world.api.list("/api/v1/namespaces/default/events");
    return events.find((event) => "reason" in event && event.reason === "WhitelistRefused");
  };
  const event = await eventually(look, { withinMs: patience, what: "an event of the pod" });
  assert.match(JSON.stringify(event), /"kind":"Pod".*the one before stays in force/);
  const before = await revisionOf(world, "hooked");
  world.publishUpstream("still");
  const isNew = async () => await revisionOf(world, "hooked") !== before;
  await eventually(isNew, { withinMs: patience, what: "hooks run under the old whitelist" });
  await Deno.writeTextFile(whitelist, jqAndSed);
}

async function survivesSidecar(world: FluxWorld, { executor }: Shared): Promise<void> {
  const before = await revisionOf(world, "hooked");
  await executor.end("SIGKILL");
  world.publishUpstream("changed");
  assert.match(
    await untilReady(world, "hooked", "HookFailed"),
    /^hook "upper" \(postRequest 1 of 1\): the (sidecar cannot be reached|connection to the sidecar broke)$/,
  );
  assert.equal(await revisionOf(world, "hooked"), before, "what was published stays");
  await executor.start();
  await untilReady(world, "hooked", "Succeeded");
  assert.notEqual(await revisionOf(world, "hooked"), before);
}

async function tellsOfHooks(world: FluxWorld): Promise<void> {
  const text = await metricsOf(world);
  const series = 'hook_name="greet",retry_policy="fail",success="true"';
  assert.match(text, new RegExp(`externalsource_hook_execution_total{${series}} [1-9]`));
  assert.match(text, /externalsource_hook_failures_total\{reason="unavailable"\} [1-9]/);
  assert.match(world.controller.log(), /"msg":"published".*"hookRuns":2/);
  await world.delete("ExternalSource", "refused");
  await eventually(async () => !(await metricsOf(world)).includes('hook_name="greet"'), {
    withinMs: patience,
    what: "the series of a deleted source are gone",
  });
}

Deno.test("hooks run in the sidecar, to the same bytes as without a cluster; whitelist and sidecar may come and go", async () => {
  const { plane } = await KubeWorld.start();
  const folder = await Deno.makeTempDir({ prefix: "hooks-" });
  const files = { whitelist: join(folder, "whitelist.yaml"), tokenFile: join(folder, "token") };
  const executor = new ExecutorProcess({ ...files, port: freePort() });
  const shared = { ...files, folder, executor };
  const env = {
    HOOK_WHITELIST_PATH: files.whitelist,
    HOOK_TOKEN_FILE: files.tokenFile,
    HOOK_EXECUTOR_ENDPOINT: executor.origin,
    RETRY_MAX_DELAY: "1s",
    POD_NAME: "controller-0",
    POD_NAMESPACE: "default",
  };
  try {
    await Deno.writeTextFile(files.whitelist, jqOnly);
    await executor.start();
    await FluxWorld.run(plane, { env }, async (world) => {
      await seesBytes(world, shared);
      await needsToken(shared);
      await followsWhitelist(world, shared);
      await keepsOldWhitelist(world, shared);
      await survivesSidecar(world, shared);
      await tellsOfHooks(world);
    });
  } finally {
    await executor.end("SIGTERM");
    await Deno.remove(folder, { recursive: true });
    await plane.close();
  }
});
