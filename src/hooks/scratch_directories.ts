import { chmod, mkdir, mkdtemp, readdir, rm } from "node:fs/promises";
import { join } from "node:path";

/** Empty directories of runs, in one directory of this process that nobody else can enter. */
export class ScratchDirectories {
  readonly #parent: string;
  #root: Promise<string> | undefined;
  #count = 0;

  /** @param parent must exist, such as the directory of temporary files */
  constructor(parent: string) {
    this.#parent = parent;
  }

  async create(): Promise<string> {
    const directory = join(await (this.#root ??= this.#createRoot()), String(this.#count++));
    await mkdir(directory, { mode: 0o700 });
    return directory;
  }

  /** A failure is not kept: a full disk may have room again. */
  async #createRoot(): Promise<string> {
    try {
      return await mkdtemp(join(this.#parent, "externalsource-hooks-"));
    } catch (error) {
      this.#root = undefined;
      throw error;
    }
  }

  /** Removes a directory also if a command has locked parts of it. */
  async remove(directory: string): Promise<void> {
    try {
      await rm(directory, { recursive: true, force: true });
    } catch {
      await unlock(directory);
      await rm(directory, { recursive: true, force: true });
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#root) await this.remove(await this.#root);
    this.#root = undefined;
  }
}

async function unlock(directory: string): Promise<void> {
  await chmod(directory, 0o700);
  for (const entry of await readdir(directory, { withFileTypes: true })) {
    if (entry.isDirectory()) await unlock(join(directory, entry.name));
  }
}
