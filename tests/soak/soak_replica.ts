import { fileURLToPath } from "node:url";
import { eventually } from "../acceptance/eventually.ts";
import type { NetworkPlace } from "./soak_network.ts";

const main = fileURLToPath(new URL("../../src/main.ts", import.meta.url));
/** Each has a network of its own, so all have the same. */
export const artifactPort = 8080;
const probePort = 8081;

/** How a replica is started. */
export interface SoakReplicaOptions {
  readonly name: string;
  readonly place: NetworkPlace;
  readonly flags: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  /** Where it logs to, after what its predecessors have logged. */
  readonly logFile: string;
  /** By how much its wall clock is off is read from here. */
  readonly clockFile: string;
}

/** One replica of the real program; it may be ended and started again, any number of times. */
export class SoakReplica {
  readonly name: string;
  readonly logFile: string;
  readonly #options: SoakReplicaOptions;
  #child: Deno.ChildProcess | undefined;

  constructor(options: SoakReplicaOptions) {
    this.name = options.name;
    this.logFile = options.logFile;
    this.#options = options;
  }

  /** Undefined while it does not run. */
  get pid(): number | undefined {
    return this.#child?.pid;
  }

  /** Starts it and waits until it is ready. */
  async start(): Promise<void> {
    const { place: { namespace, address }, flags, env, logFile } = this.#options;
    const deno = [
      ...[Deno.execPath(), "run", "--quiet", "-A"],
      "--v8-flags=--max-semi-space-size=2,--heap-growing-percent=25",
    ];
    const command = ["ip", "netns", "exec", namespace, ...deno, main, ...flags];
    const child = new Deno.Command("sh", {
      args: ["-c", 'exec "$@" >> "$LOG" 2>&1', "replica", ...command],
      env: { ...env, POD_NAME: this.name, POD_IP: address, LOG: logFile },
      stdin: "null",
    }).spawn();
    this.#child = child;
    let ended: number | undefined;
    child.status.then(({ code }) => ended = code);
    await eventually(async () => {
      if (ended !== undefined) return true;
      const response = await fetch(`http://${address}:${probePort}/readyz`);
      await response.body?.cancel();
      return response.ok;
    }, { withinMs: 180_000, what: `${this.name} is ready; see ${logFile}`, lookEveryMs: 100 });
    if (ended !== undefined) throw new Error(`${this.name} ended with ${ended}: see ${logFile}`);
  }

  /** Sends a signal and waits for its end. */
  async end(signal: "SIGKILL" | "SIGTERM"): Promise<void> {
    const child = this.#child;
    this.#child = undefined;
    child?.kill(signal);
    await child?.status;
  }

  /** From about a second later on its wall clock is off by so many seconds. */
  async setClock(seconds: number): Promise<void> {
    const text = `${seconds < 0 ? "" : "+"}${seconds}`;
    await Deno.writeTextFile(this.#options.clockFile, text);
  }

  /** Stops it in the middle of whatever it does, or lets it go on. */
  signal(signal: "SIGSTOP" | "SIGCONT"): void {
    this.#child?.kill(signal);
  }
}
