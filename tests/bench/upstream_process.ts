import { fileURLToPath } from "node:url";

const program = fileURLToPath(new URL("upstream_program.ts", import.meta.url));

/** The running `upstream_program.ts`. */
export class UpstreamProcess implements AsyncDisposable {
  readonly #child: Deno.ChildProcess;
  readonly #port: number;

  constructor(child: Deno.ChildProcess, port: number) {
    this.#child = child;
    this.#port = port;
  }

  /** @param file what `/file` answers */
  static async start(file = ""): Promise<UpstreamProcess> {
    const child = new Deno.Command(Deno.execPath(), {
      args: ["run", "--quiet", "--allow-all", program, file],
      stdin: "null",
      stdout: "piped",
    }).spawn();
    const { value } = await child.stdout.getReader().read();
    return new UpstreamProcess(child, Number(new TextDecoder().decode(value)));
  }

  get pid(): number {
    return this.#child.pid;
  }

  /** URL of a path at one of as many hosts as wanted, counted from 0. */
  url(path: string, host = 0): string {
    return `http://127.0.0.${host + 2}:${this.#port}${path}`;
  }

  /** How many documents were asked for so far. */
  async asked(): Promise<number> {
    return Number(await (await fetch(this.url("/count"))).text());
  }

  /** Changes a document. */
  async bump(id: string): Promise<void> {
    await fetch(this.url(`/bump/${id}`), { method: "POST" });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#child.kill("SIGTERM");
    await this.#child.status;
  }
}
