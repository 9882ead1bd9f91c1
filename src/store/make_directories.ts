import { storageError } from "./storage_error.ts";
import { syncDirectory } from "./sync_directory.ts";

/**
 * Makes a directory below `root`, 0700, durably. Directories that exist are synced too, because the process that made
 * one may have died before it did. Symbolic links are refused: they may lead out of the root.
 *
 * @param path relative to the root
 * @returns the absolute path
 */
export async function makeDirectories(root: string, path: string): Promise<string> {
  let parent = root;
  for (const segment of path.split("/")) {
    const directory = `${parent}/${segment}`;
    try {
      await Deno.mkdir(directory, { mode: 0o700 });
    } catch (error) {
      if (!(error instanceof Deno.errors.AlreadyExists)) throw error;
    }
    if (!(await Deno.lstat(directory)).isDirectory) {
      throw storageError(`Cannot store in "${path}": "${segment}" is not a directory`);
    }
    await syncDirectory(parent);
    parent = directory;
  }
  return parent;
}
