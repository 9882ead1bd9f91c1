import { strict as assert } from "node:assert";
import { createHash } from "node:crypto";
import { systemClock } from "../../src/cli/system_clock.ts";
import type { HookCall } from "../../src/hooks/hook_call.ts";
import { defaultHookLimits } from "../../src/hooks/hook_limits.ts";
import { HookRefused } from "../../src/hooks/hook_refused.ts";
import type { HookResult, HookRunner } from "../../src/hooks/hook_runner.ts";
import { HookUnavailable } from "../../src/hooks/hook_unavailable.ts";
import type { SpawnRunnerOptions } from "../../src/hooks/spawn_runner.ts";
import { eventually } from "../acceptance/eventually.ts";
import { handMadeWhitelist } from "../hooks/hand_made_whitelist.ts";

/** A runner under test and its end. */
export interface OpenRunner extends AsyncDisposable {
  readonly runner: HookRunner;
}

/** What a run came to. */
interface Ran extends HookResult {
  readonly stdout: string;
  readonly bytes: number;
}

interface RunOptions {
  readonly stdin?: string | AsyncIterable<Uint8Array>;
  readonly signal?: AbortSignal;
  readonly write?: (piece: Uint8Array) => Promise<void>;
}

const kib64 = 64 * 1024;
const withinMs = 30_000;
const never = new AbortController().signal;

async function* piecesOf(text: string): AsyncGenerator<Uint8Array> {
  if (text !== "") yield new TextEncoder().encode(text);
}

async function* zeros(pieces: number): AsyncGenerator<Uint8Array> {
  for (let i = 0; i < pieces; i++) yield new Uint8Array(kib64);
}

async function* stuck(): AsyncGenerator<Uint8Array> {
  yield new Uint8Array(1);
  await new Promise(() => {});
}

const callOf = (command: string, args: readonly string[] = []): HookCall => ({
  ...{ command, args },
  env: {},
  timeoutMs: 30_000,
});

async function run(
  { runner }: OpenRunner,
  call: HookCall,
  { stdin = "", signal = never, write = () => Promise.resolve() }: RunOptions = {},
): Promise<Ran> {
  const decoder = new TextDecoder();
  let [stdout, bytes] = ["", 0];
  const result = await runner.run(call, {
    stdin: typeof stdin === "string" ? piecesOf(stdin) : stdin,
    signal,
    async write(piece) {
      bytes += piece.length;
      if (bytes < 2 ** 20) stdout += decoder.decode(piece, { stream: true });
      await write(piece);
    },
  });
  return { ...result, stdout, bytes };
}

/** Processes that hooks have left, by the variable that all of them have in their environment. */
async function hookProcesses(): Promise<readonly string[]> {
  const { stdout } = await new Deno.Command("ps", { args: ["axeww", "-o", "stat=,command="] })
    .output();
  return new TextDecoder().decode(stdout).split("\n")
    .filter((line) =>
      line.includes(`EXTERNALSOURCE_HOOK=test-${Deno.pid}-`) && !line.startsWith("Z")
    );
}

const openFiles = () => [...Deno.readDirSync("/proc/self/fd")].length;

const commands = ["cat", "jq", "sh", "sleep", "true", "head", "wc", "env", "seq", "grep"];
const whitelist = handMadeWhitelist({
  ...Object.fromEntries(commands.map((each) => [each, {}])),
  yes: { maxOutput: 1_000_000 },
  nothing: {},
  big: { paths: ["/usr/bin/cat"], maxOutput: 2 ** 30 },
});
let marks = 0;
const optionsIn = (scratch: string): SpawnRunnerOptions => ({
  whitelist: () => whitelist,
  clock: systemClock,
  slots: 4,
  maxWaitMs: 10_000,
  scratch,
  limits: defaultHookLimits,
  newMark: () => `test-${Deno.pid}-${marks++}`,
  onProblem: (message) => assert.fail(message),
});

const examples: readonly {
  readonly call: HookCall;
  readonly stdin?: string;
  readonly stdout: string;
  readonly end?: HookResult["end"];
}[] = [
  { call: callOf("cat"), stdin: "a document", stdout: "a document" },
  { call: callOf("jq", ["-c", ".a"]), stdin: '{"a":[1,2]}', stdout: "[1,2]\n" },
  { call: callOf("true"), stdout: "" },
  { call: callOf("sh", ["-c", "echo out; exit 5"]), stdout: "out\n", end: exit(5) },
  { call: callOf("grep", ["-c", "x"]), stdin: "a\n", stdout: "0\n", end: exit(1) },
  {
    call: callOf("sh", ["-c", "kill -SEGV $$"]),
    stdout: "",
    end: { kind: "signal", signal: "SIGSEGV" },
  },
  {
    call: { ...callOf("sh", ["-c", 'printf %s "$A"']), env: { A: "é; $(id)" } },
    stdout: "é; $(id)",
  },
  {
    call: callOf("sh", ["-c", 'printf "%s|" "$@"', "sh", "a b", "", "$(id)"]),
    stdout: "a b||$(id)|",
  },
];
const escapes = {
  "a child in the background": "sleep 60 & echo done",
  "a session of its own": "setsid sleep 60 & sleep 0.2; echo done",
  "a double fork":
    "(setsid sh -c 'sleep 60 & exec sleep 60' >/dev/null 2>&1 &); sleep 0.2; echo done",
};
/** The contract of `HookRunner`; both runners pass it. Linux with jq, procps and util-linux. */
export function testHookRunner(
  name: string,
  openRunner: (options: SpawnRunnerOptions) => Promise<OpenRunner>,
): void {
  function test(
    behaviour: string,
    body: (open: OpenRunner) => Promise<void>,
    change: Partial<SpawnRunnerOptions> = {},
  ): void {
    Deno.test(`${name} ${behaviour}`, async () => {
      const scratch = await Deno.makeTempDir();
      const open = await openRunner({ ...optionsIn(scratch), ...change });
      try {
        await body(open);
      } finally {
        await open[Symbol.asyncDispose]();
      }
      assert.deepEqual(await hookProcesses(), [], "processes are left");
      assert.deepEqual([...Deno.readDirSync(scratch)], [], "files are left");
      await Deno.remove(scratch);
    });
  }

  for (const { call, stdin = "", stdout, end = exit(0) } of examples) {
    test(`runs ${JSON.stringify([call.command, ...call.args])}`, async (open) => {
      const ran = await run(open, call, { stdin });
      assert.deepEqual([ran.stdout, ran.end], [stdout, end]);
    });
  }

  test("gives a command nothing of our environment, and a directory of its own", async (open) => {
    const { stdout } = await run(open, callOf("env"));
    const names = stdout.trim().split("\n").map((line) => line.split("=")[0]).sort();
    assert.deepEqual(names, ["EXTERNALSOURCE_HOOK", "HOME", "LANG", "PATH", "TMPDIR"]);
    const listed = await run(open, callOf("sh", ["-c", 'ls -A; pwd; test "$PWD" = "$HOME"']));
    assert.match(listed.stdout, /^\/[^\n]+\n$/);
    assert.deepEqual(listed.end, exit(0));
  });

  test("keeps the first 4 KiB of standard error and takes the rest", async (open) => {
    const { stderr, end } = await run(open, callOf("sh", ["-c", "seq 100000 >&2; echo ok"]));
    assert.equal(stderr.length, 4096);
    assert.ok(stderr.startsWith("1\n2\n"));
    assert.deepEqual(end, exit(0));
  });

  test("streams 16 MiB through with back pressure", async (open) => {
    let [given, taken, most] = [0, 0, 0];
    async function* source() {
      for await (const piece of zeros(256)) {
        given += piece.length;
        most = Math.max(most, given - taken);
        yield piece;
      }
    }
    const write = async (piece: Uint8Array) => {
      await new Promise((resolve) => setTimeout(resolve, 1));
      taken += piece.length;
    };
    const { bytes } = await run(open, callOf("big"), { stdin: source(), write });
    assert.equal(bytes, 256 * kib64);
    assert.ok(most < 12 * 2 ** 20, `${most} bytes were on the way`);
  });

  test("takes an input that is not read for no failure", async (open) => {
    const { end, bytes } = await run(open, callOf("head", ["-c", "5"]), { stdin: zeros(256) });
    assert.deepEqual([end, bytes], [exit(0), 5]);
    assert.deepEqual((await run(open, callOf("true"), { stdin: zeros(256) })).end, exit(0));
  });

  test("does not wait for an input that stops coming when the command has ended", async (open) => {
    assert.deepEqual((await run(open, callOf("true"), { stdin: stuck() })).end, exit(0));
  });

  test("throws what the input throws", async (open) => {
    const error = new Error("the disk is gone");
    async function* broken() {
      yield new Uint8Array(10);
      throw error;
    }
    await assert.rejects(run(open, callOf("cat"), { stdin: broken() }), error);
  });

  test("throws what the output throws", async (open) => {
    const error = new Error("the disk is full");
    const write = () => Promise.reject(error);
    await assert.rejects(run(open, callOf("yes"), { write }), error);
  });

  test("ends a command at its time-out, also one that ignores SIGTERM", async (open) => {
    const script = "trap '' TERM INT HUP; sleep 60 & while :; do sleep 1; done";
    const { end } = await run(open, { ...callOf("sh", ["-c", script]), timeoutMs: 300 });
    assert.deepEqual(end, { kind: "timeout" });
  });

  test("ends a command that prints more than it may", async (open) => {
    const { end, bytes } = await run(open, callOf("yes"));
    assert.deepEqual(end, { kind: "output", maxBytes: 1_000_000 });
    assert.ok(bytes <= 1_000_000);
  });

  test("throws the reason of an abort", async (open) => {
    const ending = new AbortController();
    const reason = new Error("the source is gone");
    const write = async () => ending.abort(reason);
    const call = callOf("sh", ["-c", "echo started; sleep 60"]);
    await assert.rejects(run(open, call, { signal: ending.signal, write, stdin: stuck() }), reason);
    await assert.rejects(run(open, call, { signal: ending.signal }), reason);
    await eventually(async () => (await hookProcesses()).length === 0, {
      ...{ withinMs, what: "no process of a hook is left" },
    });
  });

  for (const [what, script] of Object.entries(escapes)) {
    test(`leaves nothing of ${what}`, async (open) => {
      const { stdout, end } = await run(open, callOf("sh", ["-c", script]));
      assert.deepEqual([stdout, end], ["done\n", exit(0)]);
      assert.deepEqual(await hookProcesses(), []);
    });
  }

  test("removes what a command has written and locked", async (open) => {
    const script = "mkdir -p a/b; echo x > a/b/c; ln -s / a/root; chmod 000 a/b; chmod 555 a";
    assert.deepEqual((await run(open, callOf("sh", ["-c", script]))).end, exit(0));
  });

  test("refuses what the whitelist does not allow", async (open) => {
    await assert.rejects(run(open, callOf("rm")), (error) => {
      assert.ok(error instanceof HookRefused);
      assert.equal(error.reason, 'command "rm" is not on the whitelist');
      return true;
    });
  });

  for (const env of [{ LD_PRELOAD: "/x.so" }, { PATH: "/x" }, { "A=B": "" }, { A: "\0" }]) {
    test(`refuses env ${JSON.stringify(env)}`, async (open) => {
      await assert.rejects(run(open, { ...callOf("true"), env }), HookRefused);
    });
  }

  test("refuses more arguments than the system takes", async (open) => {
    await assert.rejects(run(open, callOf("true", ["x".repeat(130_000)])), HookRefused);
  });

  test("says that a program is not there", async (open) => {
    const { end } = await run(open, callOf("nothing"));
    assert.deepEqual(end, { kind: "absent", state: "there is no such program" });
  });

  test("is not available without a whitelist", async (open) => {
    await assert.rejects(run(open, callOf("true")), HookUnavailable);
  }, { whitelist: () => undefined });

  test("is not available when too many hooks run for too long", async (open) => {
    const ending = new AbortController();
    const { signal } = ending;
    const long = run(open, callOf("sh", ["-c", "echo; sleep 60"]), {
      signal,
      write: async () => {
        await assert.rejects(run(open, callOf("true")), HookUnavailable);
        ending.abort(new Error("enough"));
      },
    });
    await assert.rejects(long, /enough/);
    await eventually(async () => (await run(open, callOf("true"))).end.kind === "exit", {
      ...{ withinMs, what: "there is room for a hook again" },
    });
  }, { slots: 1, maxWaitMs: 100 });

  test("leaves nothing of 200 runs", async (open) => {
    const runFour = async (round: number) => {
      const four = [1, 2, 3, 4].map((i) => run(open, callOf("cat"), { stdin: `${round} ${i}` }));
      const printed = (await Promise.all(four)).map(({ stdout }) => stdout);
      assert.deepEqual(printed, [1, 2, 3, 4].map((i) => `${round} ${i}`));
    };
    // Connections are kept for a while; those of the first rounds count as there before.
    for (let round = 0; round < 3; round++) await runFour(round);
    const before = openFiles();
    for (let round = 0; round < 50; round++) await runFour(round);
    await eventually(() => openFiles() <= before + 8, { withinMs, what: "files are closed" });
    assert.deepEqual(await hookProcesses(), []);
  });

  testPrograms(test);
}

/** Files that are, or are not, the program that the whitelist means. */
function testPrograms(
  test: (
    behaviour: string,
    body: (open: OpenRunner) => Promise<void>,
    change: Partial<SpawnRunnerOptions>,
  ) => void,
): void {
  const directory = Deno.makeTempDirSync();
  addEventListener("unload", () => Deno.removeSync(directory, { recursive: true }));
  const script = "#!/bin/sh\necho mine\n";
  const sha256 = createHash("sha256").update(script).digest("hex");
  const write = (file: string, text = script, mode = 0o755) => {
    Deno.writeTextFileSync(`${directory}/${file}`, text);
    Deno.chmodSync(`${directory}/${file}`, mode);
  };
  write("mine");
  write("changed", script + "\n");
  write("writable", script, 0o777);
  write("data", script, 0o644);
  Deno.symlinkSync("/bin/sh", `${directory}/jq`);
  Deno.symlinkSync(`${directory}/mine`, `${directory}/min`);
  const cases: readonly [string, string | undefined, RegExp | undefined][] = [
    ["mine", undefined, undefined],
    ["mine", sha256, undefined],
    ["min", sha256, undefined],
    ["changed", sha256, /is not the program of the whitelist's sha256$/],
    ["writable", undefined, /can be changed by others/],
    ["data", undefined, /is not an executable file/],
    ["jq", undefined, /is a link to another program/],
  ];
  for (const [file, digest, problem] of cases) {
    const paths = [`${directory}/absent`, `${directory}/${file}`];
    const tool = { paths, ...(digest === undefined ? {} : { sha256: digest }) };
    const whitelist = handMadeWhitelist({ tool });
    test(
      `${problem ? "does not run" : "runs"} ${file}${digest ? " by its digest" : ""}`,
      async (open) => {
        const { stdout, end } = await run(open, callOf("tool"));
        if (!problem) return assert.deepEqual([stdout, end], ["mine\n", exit(0)]);
        assert.ok(end.kind === "absent", end.kind);
        assert.match(end.state, problem);
      },
      { whitelist: () => whitelist },
    );
  }
}

function exit(code: number): HookResult["end"] {
  return { kind: "exit", code };
}
