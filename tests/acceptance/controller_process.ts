import { fileURLToPath } from "node:url";
import { v8Flags } from "../binary/binary_flags.ts";

const main = fileURLToPath(new URL("../../src/main.ts", import.meta.url));

/** How the program is started. */
export interface ControllerOptions {
  readonly kubeconfig: string;
  /** Further flags; a later one wins. */
  readonly args?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** Port of the artifact server; the same one again makes the same URLs after a restart. Default: any free one. */
  readonly port?: number;
  /** A command that starts it, such as `unshare --mount`; it must end in becoming what it starts, so that the pid is ours. */
  readonly through?: readonly string[];
  /** What to start instead of the source under Deno. */
  readonly program?: readonly string[];
  /** Further flags of Deno itself, such as `--cpu-prof`. */
  readonly denoFlags?: readonly string[];
  /** How long it may take until it is ready, in milliseconds. Default: a minute. */
  readonly readyWithinMs?: number;
}

/** The real program in a process of its own, against an API server. */
export interface ControllerProcess {
  readonly pid: number;
  /** Base of the artifact URLs: `http://127.0.0.1:PORT`. */
  readonly base: string;
  readonly port: number;
  /** `http://127.0.0.1:PORT` of `/healthz` and `/readyz`, and of `/metrics`. */
  readonly probes: string;
  readonly metrics: string;
  /** What it has logged so far. */
  log(): string;
  /** Sends a signal and waits for its end. */
  end(signal: Deno.Signal): Promise<Deno.CommandStatus>;
}

/**
 * A port that nothing listens on now. Not one that the kernel would choose: between this and the start of the program it may
 * give that to an outgoing connection.
 */
export function freePort(): number {
  while (true) {
    const port = 10_000 + Math.floor(Math.random() * 20_000);
    try {
      Deno.listen({ hostname: "127.0.0.1", port }).close();
      return port;
    } catch (error) {
      if (!(error instanceof Deno.errors.AddrInUse)) throw error;
    }
  }
}

const startTries = 10;

/**
 * Starts the controller and waits until it is ready. End it in a `finally`. Where the port of the artifact server is in use,
 * somebody else on this machine has it for a moment.
 */
export async function startController(options: ControllerOptions): Promise<ControllerProcess> {
  for (let attempt = 1;; attempt++) {
    try {
      return await startAt(options.port ?? freePort(), options);
    } catch (error) {
      if (attempt === startTries || !/the port is in use/.test(String(error))) throw error;
      await new Promise((resolve) => setTimeout(resolve, 1_000));
    }
  }
}

async function startAt(port: number, options: ControllerOptions): Promise<ControllerProcess> {
  const logFile = await Deno.makeTempFile({ prefix: "controller-", suffix: ".log" });
  const flags = [
    `--storage-adv-addr=127.0.0.1:${port}`,
    `--artifact-server-port=${port}`,
    "--health-probe-bind-address=127.0.0.1:0",
    "--metrics-bind-address=127.0.0.1:0",
    "--metrics-secure=false",
    "--fetch-allow-loopback",
    "--min-interval=1s",
    ...options.args ?? [],
  ];
  const child = spawn(options, { flags, logFile });
  const log = () => Deno.readTextFileSync(logFile);
  const { probes, metrics } = await untilReady(child, {
    log,
    withinMs: options.readyWithinMs ?? 60_000,
  });
  return {
    pid: child.pid,
    base: `http://127.0.0.1:${port}`,
    port,
    probes,
    metrics: `${metrics}/metrics`,
    log,
    async end(signal) {
      child.kill(signal);
      return await child.status;
    },
  };
}

// A shell sends the log to a file: a pipe that nobody reads for a while would stop the program.
function spawn(
  { env, kubeconfig, program, through = [], denoFlags = [] }: ControllerOptions,
  { flags, logFile }: { readonly flags: readonly string[]; readonly logFile: string },
): Deno.ChildProcess {
  const deno = [
    Deno.execPath(),
    "run",
    "--quiet",
    "-A",
    `--v8-flags=${v8Flags.join(",")}`,
  ];
  const command = [...through, ...program ?? [...deno, ...denoFlags, main], ...flags];
  return new Deno.Command("sh", {
    args: ["-c", 'exec "$@" > "$LOG" 2>&1', "controller", ...command],
    env: { ...env, KUBECONFIG: kubeconfig, LOG: logFile },
    stdin: "null",
  }).spawn();
}

type Addresses = Pick<ControllerProcess, "probes" | "metrics">;

/** Waits until it is ready; its log tells which ports it was given. */
async function untilReady(
  child: Deno.ChildProcess,
  { log, withinMs }: { readonly log: () => string; readonly withinMs: number },
): Promise<Addresses> {
  let ended: Deno.CommandStatus | undefined;
  child.status.then((status) => ended = status);
  const deadline = Date.now() + withinMs;
  while (Date.now() < deadline) {
    if (ended) throw new Error(`The controller ended with ${ended.code}: ${log()}`);
    const addresses = addressesIn(log());
    const response = addresses && await fetch(`${addresses.probes}/readyz`).catch(() => undefined);
    await response?.body?.cancel();
    if (addresses && response?.ok) return addresses;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error(`The controller is not ready after ${withinMs} ms: ${log()}`);
}

function addressesIn(log: string): Addresses | undefined {
  const portOf = (server: string) =>
    new RegExp(`"?${server}"?[:=] ?"?127\\.0\\.0\\.1:(\\d+)`).exec(log)?.[1];
  const [probes, metrics] = [portOf("probes"), portOf("metrics")];
  if (probes === undefined || metrics === undefined) return undefined;
  return { probes: `http://127.0.0.1:${probes}`, metrics: `http://127.0.0.1:${metrics}` };
}
