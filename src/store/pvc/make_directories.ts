import { dirname } from "node:path/posix";
import { storageError } from "../storage_error.ts";
import { syncDirectory } from "./sync_directory.ts";

/**
 * Makes a directory below `root`, 0700, durably. Symbolic links are refused: they may lead out of the root.
 *
 * @param root an absolute path without symbolic links
 * @param path relative to the root
 * @returns the absolute path
 */
export async function makeDirectories(root: string, path: string): Promise<string> {
  const directory = `${root}/${path}`;
  if (await isInPlace(directory)) return directory;
  const parent = dirname(path) === "." ? root : await makeDirectories(root, dirname(path));
  try {
    await Deno.mkdir(directory, { mode: 0o700 });
  } catch (error) {
    if (!(error instanceof Deno.errors.AlreadyExists)) throw error;
    if (await Deno.realPath(directory) !== directory) {
      throw storageError(`Cannot store in "${path}": a symbolic link is in its place`);
    }
  }
  await syncDirectory(parent);
  return directory;
}

/** Whether a path exists and leads through no symbolic link. */
async function isInPlace(path: string): Promise<boolean> {
  try {
    return await Deno.realPath(path) === path;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound || error instanceof Deno.errors.NotADirectory) {
      return false;
    }
    throw error;
  }
}
