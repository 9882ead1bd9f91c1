import { basename } from "node:path/posix";
import { makeDirectories } from "./make_directories.ts";

/** Names that no other process gives on the same volume: the operating system chooses the first at random. */
export class UniqueNames {
  readonly #root: string;
  readonly #directory: string;
  #first: Promise<string> | undefined;
  #count = 0;

  /** @param directory relative to the root; nothing stays in it */
  constructor(root: string, directory: string) {
    this.#root = root;
    this.#directory = directory;
  }

  /** Lower-case letters, digits and hyphens. */
  async next(): Promise<string> {
    this.#first ??= this.#choose().catch((error) => {
      this.#first = undefined; // such as while the disk is full
      throw error;
    });
    return `${await this.#first}-${this.#count++}`;
  }

  async #choose(): Promise<string> {
    const dir = await makeDirectories(this.#root, this.#directory);
    const path = await Deno.makeTempFile({ dir, prefix: "put-", suffix: ".tmp" });
    await Deno.remove(path);
    return basename(path, ".tmp").slice("put-".length).toLowerCase();
  }
}
