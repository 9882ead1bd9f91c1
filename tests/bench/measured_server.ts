import { fileURLToPath } from "node:url";
import { join } from "node:path";
import type { LoadedServer } from "./load.ts";

interface ServerProcess {
  readonly child: Deno.ChildProcess;
  readonly port: number;
  /** The process that serves. */
  readonly pid: number;
}

const artifactProcess = fileURLToPath(new URL("artifact_process.ts", import.meta.url));

/** What our artifact server is started with. */
export interface ArtifactServerOptions {
  /** Variables of the controller. */
  readonly env: Readonly<Record<string, string>>;
  /** Flags of the controller, and a directory of artifacts to be put first. */
  readonly args?: readonly string[];
}

/** A server in a process of its own. Linux only. */
export class MeasuredServer implements LoadedServer, AsyncDisposable {
  readonly #process: ServerProcess;

  constructor(process: ServerProcess) {
    this.#process = process;
  }

  /** Ours, over any store, with the flags of the `dev` and `compile` tasks. */
  static startOurs({ env, args = [] }: ArtifactServerOptions): Promise<MeasuredServer> {
    const flags = "--v8-flags=--max-semi-space-size=2,--heap-growing-percent=25";
    return MeasuredServer.start(Deno.execPath(), {
      args: ["run", "--quiet", "--allow-all", flags, artifactProcess, ...args],
      env,
    });
  }

  /** Starts a program that prints its port as its first line. */
  static async start(
    program: string,
    { args = [], env = {} }: Partial<ArtifactServerOptions> = {},
  ): Promise<MeasuredServer> {
    const child = new Deno.Command(program, { args: [...args], env, stdout: "piped" }).spawn();
    const { value } = await child.stdout.getReader().read();
    if (!value) throw new Error(`Cannot measure "${program}": it ended at once`);
    return new MeasuredServer({
      child,
      port: Number(new TextDecoder().decode(value)),
      pid: child.pid,
    });
  }

  /** One nginx worker over a directory; undefined if nginx is not installed. */
  static async startNginx(directory: string): Promise<MeasuredServer | undefined> {
    const port = freePort();
    const configuration = join(directory, "nginx.conf");
    await Deno.writeTextFile(configuration, nginxConfiguration(directory, port));
    const child = spawnNginx(configuration);
    if (!child) return undefined;
    while (!await Deno.connect({ port }).then((client) => (client.close(), true), () => false));
    return new MeasuredServer({ child, port, pid: await workerOf(child.pid) });
  }

  get port(): number {
    return this.#process.port;
  }

  get pid(): number {
    return this.#process.pid;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#process.child.kill("SIGTERM");
    await this.#process.child.status;
  }
}

function freePort(): number {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  return listener.addr.port;
}

function spawnNginx(configuration: string): Deno.ChildProcess | undefined {
  for (const program of ["nginx", "/usr/sbin/nginx"]) {
    try {
      return new Deno.Command(program, { args: ["-c", configuration], stderr: "null" }).spawn();
    } catch (error) {
      if (!(error instanceof Deno.errors.NotFound)) throw error;
    }
  }
  return undefined;
}

async function workerOf(master: number): Promise<number> {
  for (;;) {
    const children = await Deno.readTextFile(`/proc/${master}/task/${master}/children`);
    if (children.trim()) return Number(children.trim().split(" ")[0]);
  }
}

function nginxConfiguration(directory: string, port: number): string {
  return `worker_processes 1; daemon off; pid ${directory}/nginx.pid; error_log stderr crit;
events { worker_connections 8000; }
http {
  access_log off; sendfile on; tcp_nopush on; keepalive_requests 1000000;
  server { listen 127.0.0.1:${port}; root ${directory}; }
}
`;
}
