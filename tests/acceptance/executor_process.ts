import { fileURLToPath } from "node:url";
import { eventually } from "./eventually.ts";

const main = fileURLToPath(new URL("../../src/main.ts", import.meta.url));

/** How the sidecar is started. */
export interface ExecutorOptions {
  readonly port: number;
  readonly whitelist: string;
  readonly tokenFile: string;
}

/** The executor of hooks in a process of its own, which a test may kill and start anew. End it in a `finally`. */
export class ExecutorProcess {
  readonly #options: ExecutorOptions;
  #child: Deno.ChildProcess | undefined;

  constructor(options: ExecutorOptions) {
    this.#options = options;
  }

  get origin(): string {
    return `http://127.0.0.1:${this.#options.port}`;
  }

  async start(): Promise<void> {
    const { port, whitelist, tokenFile } = this.#options;
    const flags = [`--port=${port}`, "--host=127.0.0.1", "--allow-root"];
    this.#child = new Deno.Command(Deno.execPath(), {
      args: ["run", "--quiet", "-A", main, "hook-executor", ...flags],
      env: { HOOK_WHITELIST_PATH: whitelist, HOOK_TOKEN_FILE: tokenFile },
      stdin: "null",
      stdout: "null",
      stderr: "null",
    }).spawn();
    const isHealthy = async () => {
      const response = await fetch(`${this.origin}/health`);
      await response.body?.cancel();
      return response.ok;
    };
    await eventually(isHealthy, { withinMs: 30_000, what: "the executor is healthy" });
  }

  /** Nothing if it does not run. */
  async end(signal: Deno.Signal): Promise<void> {
    const child = this.#child;
    this.#child = undefined;
    child?.kill(signal);
    await child?.status;
  }
}
