import { strict as assert } from "node:assert";
import { fileURLToPath } from "node:url";
import { runCommand } from "../run_command.ts";

const main = fileURLToPath(new URL("../../src/main.ts", import.meta.url));
const rules = "commands: {sh: {allowed: true, unsafe: true}, cat: {allowed: true}}\n";

/** As in the image: nothing but an init and the executor. */
const asContainer = ["unshare", "--pid", "--fork", "--mount-proc", "--kill-child"];

/** `hook-executor` as a process. */
class ExecutorProcess implements AsyncDisposable {
  readonly directory = Deno.makeTempDirSync();
  readonly #child: Deno.ChildProcess;
  readonly #logged: Promise<unknown>;
  readonly #port = Promise.withResolvers<number>();
  log = "";

  constructor({ through = [], args = [] }: {
    readonly through?: readonly string[];
    readonly args?: readonly string[];
  } = {}) {
    const whitelist = `${this.directory}/whitelist.yaml`;
    Deno.writeTextFileSync(whitelist, rules);
    const flags = ["--port=0", `--whitelist=${whitelist}`, ...args];
    const [program = "", ...rest] = [...through, Deno.execPath(), "run", "-A", main, ...flags];
    this.#child = new Deno.Command(program, {
      args: rest,
      env: { TMPDIR: this.directory },
      stdout: "null",
      stderr: "piped",
    }).spawn();
    this.#logged = this.#read();
  }

  get port(): Promise<number> {
    return this.#port.promise;
  }

  /** @returns the exit code, when it has ended */
  async end(): Promise<number> {
    const { code } = await this.#child.status;
    await this.#logged;
    return code;
  }

  terminate(): void {
    this.#child.kill("SIGTERM");
  }

  async execute(script: string): Promise<{ stdout: string; exitCode: number }> {
    const response = await fetch(`http://127.0.0.1:${await this.port}/execute`, {
      method: "POST",
      body: JSON.stringify({ command: "sh", args: ["-c", script] }),
    });
    assert.equal(response.status, 200);
    const { stdout, exitCode } = await response.json();
    return { stdout: atob(stdout), exitCode };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    try {
      this.#child.kill("SIGKILL");
    } catch {
      // It has ended.
    }
    await this.end();
    await Deno.remove(this.directory, { recursive: true });
  }

  async #read(): Promise<void> {
    const decoder = new TextDecoder();
    for await (const piece of this.#child.stderr) {
      this.log += decoder.decode(piece, { stream: true });
      const port = /"msg":"listening".*"port":(\d+)/.exec(this.log)?.[1];
      if (port !== undefined) this.#port.resolve(Number(port));
    }
    this.#port.reject(new Error(`The executor has ended: ${this.log}`));
    this.#port.promise.catch(() => {});
  }
}

const processesWith = async (text: string) =>
  (await runCommand("ps", { args: ["axww", "-o", "stat=,command="] })).split("\n")
    .filter((line) => line.includes(text) && !line.startsWith("Z"));

Deno.test("hook-executor refuses to run as root", async () => {
  assert.equal(Deno.uid(), 0, "to be run as root, like the tests of clusters");
  await using executor = new ExecutorProcess();
  assert.equal(await executor.end(), 2);
  assert.match(executor.log, /^Cannot run hooks as root: /);
});

Deno.test("hook-executor refuses what it does not know", async () => {
  await using executor = new ExecutorProcess({ args: ["--allow-roots"] });
  assert.equal(await executor.end(), 2);
  assert.match(executor.log, /did you mean --allow-root\?/);
});

Deno.test("hook-executor says that its port is in use", async () => {
  using taken = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const args = ["--allow-root", "--host=127.0.0.1", `--port=${taken.addr.port}`];
  await using executor = new ExecutorProcess({ args });
  assert.equal(await executor.end(), 2);
  assert.match(executor.log, /the port is in use; choose another with --port/);
});

Deno.test("hook-executor ends with 0 after SIGTERM, the hooks with it, and leaves no file", async () => {
  await using executor = new ExecutorProcess({ args: ["--allow-root", "--drain-timeout=100ms"] });
  const running = executor.execute("touch $TMPDIR/a; echo started; sleep 6543").catch(() =>
    "ended"
  );
  await executor.port;
  while ((await processesWith("sleep 6543")).length === 0) await pause();
  executor.terminate();
  assert.equal(await executor.end(), 0);
  assert.equal(await running, "ended");
  assert.deepEqual(await processesWith("sleep 6543"), []);
  assert.deepEqual([...Deno.readDirSync(executor.directory)].map(({ name }) => name), [
    "whitelist.yaml",
  ]);
  assert.match(executor.log, /HOOK_TOKEN_FILE is not set/);
  assert.match(executor.log, /"msg":"the whitelist is in force"/);
  assert.doesNotMatch(executor.log, /another whitelist/);
});

Deno.test("hook-executor in a container finds also what has wiped its traces", async () => {
  // The shell stands for tini: it reaps.
  const through = [...asContainer, "sh", "-c", '"$@" & wait', "init"];
  await using executor = new ExecutorProcess({ through, args: ["--allow-root"] });
  const wiped = "(setsid env -i sleep 7654 > /dev/null 2>&1 &)";
  const one = executor.execute(`${wiped}; sleep 0.2; echo done`);
  // What a hook that goes on has in the background is not taken for it.
  const other = executor.execute("((sleep 0.6; echo late) &); sleep 1");
  assert.deepEqual(await one, { stdout: "done\n", exitCode: 0 });
  assert.deepEqual(await processesWith("sleep 7654"), []);
  assert.deepEqual(await other, { stdout: "late\n", exitCode: 0 });
});

function pause(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 50));
}
