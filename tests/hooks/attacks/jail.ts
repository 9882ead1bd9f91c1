import { strict as assert } from "node:assert";
import { fileURLToPath } from "node:url";
import { runCommand } from "../../run_command.ts";
import { yqProgram } from "../yq_program.ts";
import { jailUser } from "./jail_user.ts";
import { pathsBelow } from "./paths_below.ts";
import { processesOf, type SeenProcess } from "./processes_of.ts";
import { addedWhitelist, writePrograms } from "./programs.ts";

const checkout = fileURLToPath(new URL("../../..", import.meta.url));
const neighbour = fileURLToPath(new URL("neighbour.ts", import.meta.url));

/** Of the executor and everything it starts, beside its own limits: this machine is shared. */
const outerLimits = ["prlimit", "--nproc=256", "--core=0", "--nofile=4096"];
/** Above this the namespaces are ended at once, whatever the table says: bytes and processes. */
const outerMemory = 3 * 2 ** 30;
const outerProcesses = 400;

const port = "8082";
const trapPort = "9090";
const addresses = { executor: "10.0.0.1", outside: "10.0.0.2" };

/** Flags that the executor has in this table. */
const flags = [
  ...[`--port=${port}`, "--whitelist=/run/whitelist/whitelist.yaml", "--max-hooks=4"],
  ...["--hook-memory=160Mi", "--hook-file-size=8Mi", "--hook-processes=96"],
];
/** As the binary has them baked in. */
const permissions = ["net", "read", "write", "env", "sys", "run"].map((each) => `--allow-${each}`);

/** As init of a container: prepares what the executor sees, starts it as its user and reaps. */
const init = `set -e
mount -t tmpfs -o mode=755 tmpfs /run
for name in code deno whitelist hook-token programs open; do mkdir /run/$name; done
mount --bind -o ro "$CHECKOUT" /run/code
mount --bind -o ro "$CACHE" /run/deno
for name in whitelist hook-token programs open; do mount --bind "$PLACE/$name" /run/$name; done
touch /run/deno-program && mount --bind "$PROGRAM" /run/deno-program
mkdir -p /run/secrets/kubernetes.io/serviceaccount
cp "$PLACE/secret" /run/secrets/kubernetes.io/serviceaccount/token
chown ${jailUser} /run/secrets/kubernetes.io/serviceaccount/token
mount -t tmpfs -o mode=755 tmpfs /usr/local/bin
touch /usr/local/bin/yq && mount --bind "$YQ" /usr/local/bin/yq
mount --bind "$PLACE/tmp" /tmp
cd /
"$@" &
wait`;

/** What somebody outside sees of the executor and of everything it has started. */
export interface Usage {
  /** Bytes in memory, of the executor alone and of all together. */
  readonly executor: number;
  readonly all: number;
  readonly processes: number;
}

/** The real executor in namespaces of its own (network, processes, mounts) and as a user of its own, as in a container. */
export class Jail implements AsyncDisposable {
  readonly place = Deno.makeTempDirSync();
  readonly token = crypto.randomUUID().replaceAll("-", "").repeat(2);
  /** In the file of the service account, and in the environment of the executor. */
  readonly canaries = {
    file: `file-${crypto.randomUUID()}`,
    variable: `var-${crypto.randomUUID()}`,
  };
  readonly #names = [`hooks-${Deno.pid}-a`, `hooks-${Deno.pid}-b`] as const;
  readonly #children: Deno.ChildProcess[] = [];
  readonly #reading: Promise<void>[] = [];
  readonly #decoder = new TextDecoder();
  #timer: ReturnType<typeof setInterval> | undefined;
  #peak: Usage = { executor: 0, all: 0, processes: 0 };
  executorPid = 0;
  log = "";
  #trapped = 0;

  /** Needs root, iproute2, util-linux and procps. */
  static async open(): Promise<Jail> {
    assert.equal(Deno.uid(), 0, "this table needs root, for namespaces and another user");
    const jail = new Jail();
    try {
      jail.#writePlace();
      await jail.#connect();
      await jail.#startNeighbours();
      await jail.#startExecutor();
      jail.#timer = setInterval(() => jail.#watch(), 100);
      return jail;
    } catch (error) {
      await jail[Symbol.asyncDispose]();
      throw error;
    }
  }

  /** Where to speak to the executor as a process of its pod, or from another namespace. */
  socket(from: "pod" | "outside"): string {
    return `${this.place}/${from}.socket`;
  }

  /** The most that was seen since the last call. */
  takePeak(): Usage {
    this.#watch();
    const peak = this.#peak;
    this.#peak = { executor: 0, all: 0, processes: 0 };
    return peak;
  }

  /** Connections to where nobody has any business, since the last call. */
  takeTrapped(): number {
    const trapped = this.#trapped;
    this.#trapped = 0;
    return trapped;
  }

  processes(): readonly SeenProcess[] {
    return processesOf(jailUser);
  }

  /** How many files and connections the executor has open. */
  descriptors(): number {
    return [...Deno.readDirSync(`/proc/${this.executorPid}/fd`)].length;
  }

  /** Files and folders that hooks have left where everybody may write. */
  files(): readonly string[] {
    return [...pathsBelow(`${this.place}/open`), ...pathsBelow(`${this.place}/tmp`)];
  }

  /** Runs a script of this folder in the executor's network, with every proxy variable set. @returns what it prints */
  async runInPod(script: string): Promise<string> {
    const path = fileURLToPath(new URL(script, import.meta.url));
    const program = [Deno.execPath(), "run", "--quiet", "--cached-only", "-A", path];
    const proxy = `http://${addresses.outside}:${trapPort}`;
    const names = [
      "HTTP_PROXY",
      "HTTPS_PROXY",
      "ALL_PROXY",
      "http_proxy",
      "https_proxy",
      "all_proxy",
    ];
    return await runCommand("ip", {
      args: ["netns", "exec", this.#names[0], ...program, `http://127.0.0.1:${port}`, this.token],
      env: {
        ...Object.fromEntries(names.map((name) => [name, proxy])),
        // Deno itself would ask for a newer version, through the proxy.
        ...{ NO_PROXY: "", no_proxy: "", DENO_NO_UPDATE_CHECK: "1" },
      },
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    clearInterval(this.#timer);
    for (const child of this.#children.toReversed()) {
      try {
        child.kill("SIGKILL");
      } catch {
        // It has ended.
      }
    }
    await Promise.all([...this.#children.map(({ status }) => status), ...this.#reading]);
    for (const name of this.#names) await runCommand("ip", { args: ["netns", "del", name] });
    await Deno.remove(this.place, { recursive: true });
  }

  #writePlace(): void {
    for (const name of ["whitelist", "hook-token", "programs", "open", "tmp"]) {
      Deno.mkdirSync(`${this.place}/${name}`);
    }
    for (const name of ["open", "tmp"]) Deno.chmodSync(`${this.place}/${name}`, 0o1777);
    Deno.writeTextFileSync(`${this.place}/open/keep`, "kept");
    Deno.chownSync(`${this.place}/open/keep`, jailUser, jailUser);
    Deno.writeTextFileSync(`${this.place}/secret`, `${this.canaries.file}\n`);
    Deno.writeTextFileSync(`${this.place}/hook-token/token`, this.token);
    const shipped = Deno.readTextFileSync(`${checkout}manifests/hooks/whitelist.yaml`);
    Deno.writeTextFileSync(`${this.place}/whitelist/whitelist.yaml`, shipped + addedWhitelist);
    writePrograms(`${this.place}/programs`);
  }

  async #connect(): Promise<void> {
    const ip = (...args: string[]) => runCommand("ip", { args });
    const [a, b] = this.#names;
    for (const name of this.#names) await ip("netns", "add", name);
    await ip("-n", a, "link", "add", "eth0", "type", "veth", "peer", "name", "eth0", "netns", b);
    for (const [name, address] of [[a, addresses.executor], [b, addresses.outside]] as const) {
      await ip("-n", name, "addr", "add", `${address}/24`, "dev", "eth0");
      for (const link of ["lo", "eth0"]) await ip("-n", name, "link", "set", link, "up");
    }
  }

  async #startNeighbours(): Promise<void> {
    const [a, b] = this.#names;
    const { executor, outside } = addresses;
    const start = (name: string, args: readonly string[]) => {
      const program = [Deno.execPath(), "run", "--quiet", "-A", neighbour];
      return this.#spawn(["ip", "netns", "exec", name, ...program, ...args]).stdout;
    };
    const outputs = [
      start(a, [this.socket("pod"), "127.0.0.1", port, "127.0.0.1", trapPort]),
      start(b, [this.socket("outside"), executor, port, outside, trapPort]),
    ];
    await Promise.all(outputs.map((output) =>
      this.#follow(output, "ready", (text) => {
        this.#trapped += text.split("a connection").length - 1;
      })
    ));
  }

  async #startExecutor(): Promise<void> {
    const own = ["unshare", "--mount", "--pid", "--fork", "--mount-proc", "--kill-child"];
    const user = ["setpriv", `--reuid=${jailUser}`, `--regid=${jailUser}`, "--clear-groups"];
    const run = ["/run/deno-program", "run", "--quiet", "--no-prompt", "--cached-only"];
    const child = this.#spawn([
      ...["ip", "netns", "exec", this.#names[0], ...own, "sh", "-c", init, "init"],
      ...outerLimits,
      ...[...user, ...run, ...permissions, "--v8-flags=--max-semi-space-size=2"],
      ...["/run/code/src/main.ts", "hook-executor", ...flags],
    ], {
      ...{ CHECKOUT: checkout, PLACE: this.place, PROGRAM: Deno.realPathSync(Deno.execPath()) },
      ...{ CACHE: await cacheFolder(), YQ: await yqProgram() },
      ...{ DENO_DIR: "/run/deno", DENO_NO_UPDATE_CHECK: "1", HOME: "/nonexistent" },
      ...{ HOOK_TOKEN_FILE: "/run/hook-token/token", CANARY: this.canaries.variable },
    });
    this.#follow(child.stdout, "", () => {}).catch(() => {});
    await this.#follow(child.stderr, '"msg":"listening"', (text) => {
      this.log += text;
    });
    const [executor, ...others] = this.processes();
    assert.ok(executor && others.length === 0, `${this.log}${JSON.stringify(others)}`);
    this.executorPid = executor.pid;
  }

  #spawn(command: readonly string[], env: Record<string, string> = {}) {
    const child = new Deno.Command("setpriv", {
      // Nothing is left if this process is killed.
      args: ["--pdeathsig=KILL", ...command],
      env: { PATH: Deno.env.get("PATH") ?? "", ...env },
      stdin: "null",
      stdout: "piped",
      stderr: "CACHE" in env ? "piped" : "inherit",
    }).spawn();
    this.#children.push(child);
    return child;
  }

  /** Resolves when a text has come; rejects if the output ends before. */
  #follow(
    output: ReadableStream<Uint8Array>,
    awaited: string,
    take: (text: string) => void,
  ): Promise<void> {
    const seen = Promise.withResolvers<void>();
    const read = async () => {
      let text = "";
      for await (const piece of output) {
        const more = this.#decoder.decode(piece);
        take(more);
        text = (text + more).slice(-65_536);
        if (text.includes(awaited)) seen.resolve();
      }
      seen.reject(new Error(`It has ended: ${text}`));
    };
    seen.promise.catch(() => {});
    this.#reading.push(read());
    return seen.promise;
  }

  #watch(): void {
    const seen = this.processes();
    const all = seen.reduce((sum, { memory }) => sum + memory, 0);
    const executor = seen.find(({ pid }) => pid === this.executorPid)?.memory ?? 0;
    this.#peak = {
      executor: Math.max(this.#peak.executor, executor),
      all: Math.max(this.#peak.all, all),
      processes: Math.max(this.#peak.processes, seen.length),
    };
    if (all <= outerMemory && seen.length <= outerProcesses) return;
    this.#children.at(-1)?.kill("SIGKILL");
  }
}

async function cacheFolder(): Promise<string> {
  const info = await runCommand(Deno.execPath(), { args: ["info", "--json"] });
  return (JSON.parse(info) as { readonly denoDir: string }).denoDir;
}
