import { createHash } from "node:crypto";
import type { Document } from "../core/document.ts";
import { fileErrorState } from "../core/file_error.ts";
import { StepError } from "../core/step_error.ts";
import { HookFailure } from "./hook_failure.ts";

/** Turns a failure of the disk into what a reconcile knows; anything else is a bug and stays as it is. */
export function spoolFailure(error: unknown): unknown {
  const state = fileErrorState(error);
  if (state === undefined) return error;
  return new StepError(`Cannot spool the output of a hook: ${state}`, {
    class: "storage",
    reason: "StorageOperationFailed",
    cause: error,
  });
}

/** The output of a hook on its way to a file: counted, hashed, bounded. */
export class OutputFile {
  readonly #path: string;
  readonly #file: Deno.FsFile;
  readonly #maxSize: number;
  readonly #hash = createHash("sha256");
  #size = 0;

  private constructor(path: string, file: Deno.FsFile, maxSize: number) {
    this.#path = path;
    this.#file = file;
    this.#maxSize = maxSize;
  }

  /** @param path does not exist yet. @throws {StepError} class `storage` */
  static async create(path: string, maxSize: number): Promise<OutputFile> {
    try {
      const file = await Deno.open(path, { createNew: true, write: true, mode: 0o600 });
      return new OutputFile(path, file, maxSize);
    } catch (error) {
      throw spoolFailure(error);
    }
  }

  /** @throws {HookFailure} if it is more than a document may have. @throws {StepError} class `storage` */
  async write(piece: Uint8Array): Promise<void> {
    this.#size += piece.length;
    if (this.#size > this.#maxSize) {
      throw new HookFailure(
        "output",
        `printed more than ${this.#maxSize} bytes (--max-source-size)`,
      );
    }
    this.#hash.update(piece);
    try {
      for (let rest = piece; rest.length > 0;) {
        rest = rest.subarray(await this.#file.write(rest));
      }
    } catch (error) {
      throw spoolFailure(error);
    }
  }

  /** The file is whole. */
  finish(): Document {
    this.#file.close();
    return { file: this.#path, size: this.#size, sha256: this.#hash.digest("hex") };
  }

  /** It is of no use. */
  async discard(): Promise<void> {
    this.#file.close();
    await Deno.remove(this.#path);
  }
}
