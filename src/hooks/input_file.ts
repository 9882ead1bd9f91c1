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

  /** Pieces that are valid until the next one is asked for. */
  async *pieces(): AsyncGenerator<Uint8Array> {
    try {
      const buffer = new Uint8Array(maxPieceBytes);
      for (let left = this.#size; left > 0;) {
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
