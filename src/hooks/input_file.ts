import type { Document } from "../core/document.ts";
import { spoolFailure } from "./output_file.ts";

const maxPieceBytes = 64 * 1024;

/** A document on its way into a hook. */
export class InputFile {
  readonly #file: Deno.FsFile;
  readonly #size: number;

  private constructor(file: Deno.FsFile, size: number) {
    this.#file = file;
    this.#size = size;
  }

  /** @throws {StepError} class `storage` */
  static async open({ file, size }: Document): Promise<InputFile> {
    try {
      return new InputFile(await Deno.open(file), size);
    } catch (error) {
      throw spoolFailure(error);
    }
  }

  /** Each piece is a buffer of its own: a runner may still be sending one while it asks for the next. */
  async *pieces(): AsyncGenerator<Uint8Array> {
    try {
      for (let left = this.#size; left > 0;) {
        const buffer = new Uint8Array(Math.min(maxPieceBytes, left));
        const count = await this.#file.read(buffer);
        if (count === null) return;
        left -= count;
        yield buffer.subarray(0, count);
      }
    } catch (error) {
      throw spoolFailure(error);
    }
  }

  close(): void {
    this.#file.close();
  }
}
