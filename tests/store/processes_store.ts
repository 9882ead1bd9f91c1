import { fileURLToPath } from "node:url";
import type { Clock } from "../../src/core/clock.ts";
import { StepError } from "../../src/core/step_error.ts";
import type {
  ArtifactFile,
  ArtifactStore,
  StoredArtifact,
  StoredInfo,
} from "../../src/store/artifact_store.ts";
import { bytesArtifact } from "../../src/store/bytes_artifact.ts";
import { linesOf, type StoreCall, type StoreReturn } from "./store_calls.ts";

const program = fileURLToPath(new URL("store_program.ts", import.meta.url));

/** One process that does what it is asked to. */
class StoreProcess {
  readonly #child: Deno.ChildProcess;
  readonly #input: WritableStreamDefaultWriter<Uint8Array>;
  readonly #waiting = new Map<number, (answer: StoreReturn) => void>();
  readonly #reading: Promise<void>;
  #calls = 0;

  constructor(root: string) {
    const args = ["run", "-A", "--quiet", "--cached-only", program, root];
    const command = new Deno.Command(Deno.execPath(), { args, stdin: "piped", stdout: "piped" });
    this.#child = command.spawn();
    this.#input = this.#child.stdin.getWriter();
    this.#reading = this.#read();
  }

  async call(call: Omit<StoreCall, "id">): Promise<unknown> {
    const id = this.#calls++;
    const answered = new Promise<StoreReturn>((resolve) => this.#waiting.set(id, resolve));
    await this.#input.write(new TextEncoder().encode(`${JSON.stringify({ id, ...call })}\n`));
    const { value, error } = await answered;
    if (error?.class === "storage") {
      throw new StepError(error.message, { class: "storage", reason: "StorageOperationFailed" });
    }
    if (error) throw new Error(error.message);
    return value;
  }

  async #read(): Promise<void> {
    for await (const line of linesOf(this.#child.stdout)) {
      const answer = JSON.parse(line) as StoreReturn;
      this.#waiting.get(answer.id)?.(answer);
      this.#waiting.delete(answer.id);
    }
  }

  async end(): Promise<void> {
    await this.#input.close();
    await this.#reading;
    await this.#child.status;
  }
}

/** A pvc store in two processes of their own, which take turns at what it is asked to do. */
export class ProcessesStore implements ArtifactStore {
  readonly #clock: Pick<Clock, "now">;
  readonly #processes: readonly StoreProcess[];
  #turn = 0;

  constructor(root: string, clock: Pick<Clock, "now">) {
    this.#clock = clock;
    this.#processes = [new StoreProcess(root), new StoreProcess(root)];
  }

  async put(key: string, artifact: ArtifactFile): Promise<void> {
    await this.#call("put", key, artifact);
  }

  /** Its bytes are read at once. */
  async open(key: string): Promise<StoredArtifact | undefined> {
    const text = await this.#call("open", key) as string | undefined;
    return text === undefined ? undefined : bytesArtifact(Uint8Array.fromBase64(text));
  }

  async stat(key: string): Promise<StoredInfo | undefined> {
    return await this.#call("stat", key) as StoredInfo | undefined;
  }

  async delete(key: string, condition?: { readonly putBefore: number }): Promise<boolean> {
    return await this.#call("delete", key, ...(condition ? [condition] : [])) as boolean;
  }

  async *list(prefix: string): AsyncGenerator<StoredInfo> {
    yield* await this.#call("list", prefix) as StoredInfo[];
  }

  async verify(key: string, digest: string): Promise<boolean> {
    return await this.#call("verify", key, digest) as boolean;
  }

  async readMark(name: string): Promise<string | undefined> {
    return await this.#call("readMark", name) as string | undefined;
  }

  async writeMark(...given: Parameters<ArtifactStore["writeMark"]>): Promise<void> {
    await this.#call("writeMark", ...given);
  }

  async close(): Promise<void> {
    await Promise.all(this.#processes.map((each) => each.end()));
  }

  #call(method: StoreCall["method"], ...args: readonly unknown[]): Promise<unknown> {
    const process = this.#processes[this.#turn++ % this.#processes.length]!;
    return process.call({ method, args, now: this.#clock.now() });
  }
}
