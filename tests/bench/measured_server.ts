import { join } from "node:path";

/** USER_HZ, which Linux fixes for user space. */
const ticksPerSecond = 100;

interface ServerProcess {
  readonly child: Deno.ChildProcess;
  readonly port: number;
  /** The process that serves. */
  readonly pid: number;
}

/** A server in a process of its own, and what the kernel says of that. Linux only. */
export class MeasuredServer implements AsyncDisposable {
  readonly #process: ServerProcess;

  constructor(process: ServerProcess) {
    this.#process = process;
  }

  /** Starts a program that prints its port as its first line. */
  static async start(program: string, args: readonly string[]): Promise<MeasuredServer> {
    const child = new Deno.Command(program, { args: [...args], stdout: "piped" }).spawn();
    const { value } = await child.stdout.getReader().read();
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

  /** User and system time so far. */
  cpuSeconds(): number {
    const stat = Deno.readTextFileSync(`/proc/${this.#process.pid}/stat`);
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    return (Number(fields[11]) + Number(fields[12])) / ticksPerSecond;
  }

  residentBytes(): number {
    return this.#memory("VmRSS");
  }

  peakBytes(): number {
    return this.#memory("VmHWM");
  }

  #memory(field: string): number {
    const status = Deno.readTextFileSync(`/proc/${this.#process.pid}/status`);
    return Number(new RegExp(`${field}:\\s+(\\d+) kB`).exec(status)?.[1]) * 1024;
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
