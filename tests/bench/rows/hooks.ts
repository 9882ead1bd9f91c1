import { fileURLToPath } from "node:url";
import { systemClock } from "../../../src/cli/system_clock.ts";
import type { HookCall } from "../../../src/hooks/hook_call.ts";
import { defaultHookLimits } from "../../../src/hooks/hook_limits.ts";
import { readHookToken, writeHookToken } from "../../../src/hooks/hook_token.ts";
import type { HookRunner } from "../../../src/hooks/hook_runner.ts";
import { parseWhitelist } from "../../../src/hooks/parse_whitelist.ts";
import { SidecarRunner } from "../../../src/hooks/sidecar_runner.ts";
import { SpawnRunner } from "../../../src/hooks/spawn_runner.ts";
import { runCommand } from "../../run_command.ts";
import type { Bar } from "../bar.ts";
import { median } from "../quantile.ts";

const main = fileURLToPath(new URL("../../../src/main.ts", import.meta.url));

const rules = "commands: {jq: {allowed: true}, cat: {allowed: true}}\n";

/** What a hook is measured with. */
interface Measured {
  readonly command: "jq" | "cat";
  readonly args: readonly string[];
  readonly document: Uint8Array<ArrayBuffer>;
}

type Runner = (measured: Measured) => Promise<void>;

/** One hook, in-process and through the sidecar, beside a bare spawn of the same command over the same document. */
export async function hookRows({ runs }: { readonly runs: number }): Promise<readonly Bar[]> {
  const directory = await Deno.makeTempDir({ prefix: "externalsource-bench-" });
  const rounds = runs * 20;
  try {
    await Deno.writeTextFile(`${directory}/whitelist.yaml`, rules);
    await writeHookToken(`${directory}/token`, crypto.getRandomValues(new Uint8Array(32)));
    await using inProcess = openSpawner(directory);
    await using sidecar = await openSidecar(directory);
    const runners = [spawnBare, throughRunner(inProcess), throughRunner(sidecar.runner)];
    const filter = { command: "jq", args: ["-c", "."], document: jsonOf(10_000) } as const;
    const copy = { command: "cat", args: [], document: jsonOf(10_000) } as const;
    return [
      ...barsOf(await measure(filter, { runners, rounds }), {
        row: `hook: ${await runCommand("jq", { args: ["--version"] })}, 10 KB`,
        bars: [2, 3],
      }),
      ...barsOf(await measure(copy, { runners, rounds }), { row: "hook: cat, 10 KB", bars: [] }),
    ];
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
}

function jsonOf(bytes: number): Uint8Array<ArrayBuffer> {
  const items = Array.from(
    { length: bytes / 50 },
    (_, id) => ({ id, name: `item ${id}`, on: true }),
  );
  return new TextEncoder().encode(JSON.stringify(items));
}

function openSpawner(scratch: string): SpawnRunner {
  const whitelist = parseWhitelist(rules);
  return new SpawnRunner({
    whitelist: () => whitelist,
    clock: systemClock,
    slots: 4,
    maxWaitMs: 10_000,
    scratch,
    limits: defaultHookLimits,
    newMark: () => crypto.randomUUID(),
    onProblem: (message) => console.error(message),
  });
}

/** The executor as a process of its own, as in a pod. */
async function openSidecar(directory: string) {
  const tokenFile = `${directory}/token`;
  const flags = ["--port=0", `--whitelist=${directory}/whitelist.yaml`, "--allow-root"];
  const executor = new Deno.Command(Deno.execPath(), {
    args: [
      "run",
      "--allow-all",
      "--v8-flags=--max-semi-space-size=2,--heap-growing-percent=25",
      main,
      "hook-executor",
      ...flags,
    ],
    env: { HOOK_TOKEN_FILE: tokenFile },
    stdout: "null",
    stderr: "piped",
  }).spawn();
  const port = await portOf(executor.stderr);
  const runner = new SidecarRunner({
    endpoint: `http://127.0.0.1:${port}`,
    readToken: () => readHookToken(tokenFile),
    clock: systemClock,
  });
  return {
    runner,
    async [Symbol.asyncDispose]() {
      await runner[Symbol.asyncDispose]();
      executor.kill("SIGTERM");
      await executor.status;
    },
  };
}

/** From the log line that says where it listens; the rest of the log is read so that it does not fill the pipe. */
async function portOf(log: ReadableStream<Uint8Array>): Promise<number> {
  const [head, rest] = log.tee();
  rest.pipeTo(new WritableStream()).catch(() => {});
  let text = "";
  for await (const piece of head.pipeThrough(new TextDecoderStream() as TransformStream)) {
    text += piece;
    const port = /"msg":"listening".*"port":(\d+)/.exec(text)?.[1];
    if (port !== undefined) return Number(port);
  }
  throw new Error(`The executor has ended: ${text}`);
}

async function spawnBare({ command, args, document }: Measured): Promise<void> {
  const child = new Deno.Command(`/usr/bin/${command}`, {
    args: [...args],
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const output = child.output();
  const writer = child.stdin.getWriter();
  await writer.write(document);
  await writer.close();
  if (!(await output).success) throw new Error(`${command} failed`);
}

function throughRunner(runner: HookRunner): Runner {
  return async ({ command, args, document }) => {
    const call: HookCall = { command, args, env: {}, timeoutMs: 30_000 };
    const { end } = await runner.run(call, {
      stdin: (async function* () {
        yield document;
      })(),
      write: () => Promise.resolve(),
      signal: new AbortController().signal,
    });
    if (end.kind !== "exit" || end.code !== 0) {
      throw new Error(`${command}: ${JSON.stringify(end)}`);
    }
  };
}

/** Milliseconds of each runner; by turns, so that whatever else the machine does reaches all alike. */
async function measure(
  measured: Measured,
  { runners, rounds }: { readonly runners: readonly Runner[]; readonly rounds: number },
): Promise<readonly (readonly number[])[]> {
  const times: number[][] = runners.map(() => []);
  for (let round = 0; round <= rounds; round++) {
    for (const [i, run] of runners.entries()) {
      const start = performance.now();
      await run(measured);
      // The first round warms up.
      if (round > 0) times[i]!.push(performance.now() - start);
    }
  }
  return times;
}

function barsOf(
  times: readonly (readonly number[])[],
  { row, bars }: { readonly row: string; readonly bars: readonly number[] },
): readonly Bar[] {
  const [bare = NaN, ...ours] = times.map(median);
  return ["in-process", "through the sidecar"].map((what, i) => ({
    ...{ row, what: `${what} ÷ a bare spawn`, unit: "×" },
    measured: ours[i]! / bare,
    ...(bars[i] === undefined ? {} : { bar: bars[i] }),
    beside: `${ours[i]!.toFixed(1)} ms, bare ${bare.toFixed(1)} ms; median of ${times[0]!.length}`,
  }));
}
