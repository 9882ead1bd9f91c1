import { eventually } from "../acceptance/eventually.ts";

/** How a program is started. */
export interface ProgramOptions {
  /** What starts it, with its arguments. */
  readonly command: readonly string[];
  /** What it is called as: its `argv[0]`. */
  readonly name?: string;
  readonly env?: Readonly<Record<string, string>>;
}

/** A program in a process of its own, with all that it says. */
export class StartedProgram implements AsyncDisposable {
  readonly #child: Deno.ChildProcess;
  readonly #read: Promise<unknown>;
  #said = "";

  constructor({ command, name, env = {} }: ProgramOptions) {
    // Only a shell sets the name.
    const script = 'name=$0; [ -n "$name" ] || name=$1; exec -a "$name" "$@" 2>&1';
    this.#child = new Deno.Command("bash", {
      args: ["-c", script, name ?? "", ...command],
      env: { ...env },
      stdin: "null",
      stdout: "piped",
      stderr: "inherit",
    }).spawn();
    this.#read = this.#readAll();
  }

  /** Standard output and errors so far. */
  get said(): string {
    return this.#said;
  }

  /** Waits for a text; what the first group matches. */
  async says(pattern: RegExp, withinMs = 60_000): Promise<string> {
    const what = `it says ${pattern}`;
    return await eventually(() => pattern.exec(this.#said)?.[1], { withinMs, what })
      .catch((cause) => {
        throw new Error(`It said: ${this.#said}`, { cause });
      });
  }

  /** @returns the exit code, when it has ended */
  async end(signal?: Deno.Signal): Promise<number> {
    if (signal) this.#child.kill(signal);
    const { code } = await this.#child.status;
    await this.#read;
    return code;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    try {
      this.#child.kill("SIGKILL");
    } catch {
      // It has ended.
    }
    await this.end();
  }

  async #readAll(): Promise<void> {
    const decoder = new TextDecoder();
    for await (const piece of this.#child.stdout) {
      this.#said += decoder.decode(piece, { stream: true });
    }
  }
}
