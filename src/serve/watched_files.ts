import type { Clock } from "../core/clock.ts";
import { fileErrorState } from "../core/file_error.ts";

/** What is watched, and who is told. */
export interface FilesWatch {
  readonly files: readonly string[];
  readonly clock: Clock;
  /** The texts of all of them, at first and when one differs; throws if they cannot be used. */
  take(texts: readonly string[]): void;
  /** They cannot be used any more as they are now; what was taken before stays in force. */
  readonly onProblem: (problem: string) => void;
}

/**
 * The kubelet swaps the directory that a Secret's files are in, by a link; a watch misses directories that come later or are
 * replaced, so the files are read.
 */
const intervalMs = 1_000;
/** A Secret holds no more. */
const maxBytes = 1_048_576;

/** Files of a Secret that may change while they are in use. */
export class WatchedFiles {
  readonly #watch: FilesWatch;
  #seen: string | undefined;
  #cancelTimer = () => {};
  #looking: Promise<void> = Promise.resolve();
  #isClosed = false;

  private constructor(watch: FilesWatch) {
    this.#watch = watch;
  }

  /** @throws {Error} if the files cannot be read or used now, with a message for the operator */
  static async open(watch: FilesWatch): Promise<WatchedFiles> {
    const watched = new WatchedFiles(watch);
    const texts = await readAll(watch.files);
    watched.#seen = JSON.stringify(texts);
    watch.take(texts);
    watched.#lookLater();
    return watched;
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    this.#cancelTimer();
    await this.#looking;
  }

  #lookLater(): void {
    if (this.#isClosed) return;
    this.#cancelTimer = this.#watch.clock.schedule(() => {
      this.#looking = this.#look().then(() => this.#lookLater());
    }, intervalMs);
  }

  /** Between two reads the files may have been swapped: what does not fit together then, does a second later. */
  async #look(): Promise<void> {
    const texts = await readAll(this.#watch.files).catch(asError);
    const state = texts instanceof Error ? texts.message : JSON.stringify(texts);
    if (!this.#isNew(state)) return;
    try {
      if (texts instanceof Error) throw texts;
      this.#watch.take(texts);
    } catch (error) {
      this.#watch.onProblem(asError(error).message);
    }
  }

  #isNew(seen: string): boolean {
    const isNew = seen !== this.#seen && !this.#isClosed;
    this.#seen = seen;
    return isNew;
  }
}

function readAll(files: readonly string[]): Promise<readonly string[]> {
  return Promise.all(files.map(readText));
}

async function readText(file: string): Promise<string> {
  try {
    const { isFile, size } = await Deno.stat(file);
    // Opening a named pipe would wait for its writer.
    if (!isFile) throw new Error(`Cannot read "${file}": it is not a regular file`);
    if (size > maxBytes) throw new Error(`Cannot read "${file}": it has more than 1 MiB`);
    return await Deno.readTextFile(file);
  } catch (error) {
    const state = fileErrorState(error);
    if (state === undefined) throw error;
    throw new Error(`Cannot read "${file}": ${state}`, { cause: error });
  }
}

function asError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error));
}
