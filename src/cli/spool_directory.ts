import { tmpdir } from "node:os";
import { dirname } from "node:path";
import { fileErrorCode, fileErrorState } from "../core/file_error.ts";
import { InputError } from "./command.ts";

const prefix = "externalsource-spool-";
const lockName = "lock";
/** A lock file so young may not be locked yet by the process that has just made it; milliseconds. */
const unlockedMs = 10_000;

/** A directory for files that outlive no reconcile; disposing of it removes it. */
export interface SpoolDirectory extends AsyncDisposable {
  readonly path: string;
}

/** Where it is made, and when. */
export interface SpoolDirectoryOptions {
  /** Default: the system's directory for temporary files. */
  readonly dir?: string;
  /** Milliseconds since the Unix epoch. */
  readonly now: number;
}

/**
 * Makes a spool directory, and removes those that killed processes left beside it: a pod's /tmp outlives its containers,
 * so each kill in the middle of a document would else leave that document for good. A process holds a lock in its own
 * for as long as it lives.
 *
 * @throws {InputError} if nothing can be written there
 */
export async function openSpoolDirectory(
  { dir = tmpdir(), now }: SpoolDirectoryOptions,
): Promise<SpoolDirectory> {
  const path = await makeDirectory(dir);
  const lock = await Deno.open(`${path}/${lockName}`, { createNew: true, write: true });
  await lock.tryLock(true).catch(() => false); // not every file system has locks
  await removeLeftovers(dirname(path), now);
  return {
    path,
    async [Symbol.asyncDispose]() {
      lock.close();
      await Deno.remove(path, { recursive: true });
    },
  };
}

/** What another directory helps against; a full disk is not one of them. */
const ofThePlace = ["EACCES", "ENOENT", "ENOTDIR", "EPERM", "EROFS"];

async function makeDirectory(dir: string): Promise<string> {
  try {
    return await Deno.makeTempDir({ dir, prefix });
  } catch (error) {
    if (!ofThePlace.includes(fileErrorCode(error) ?? "")) throw error;
    throw new InputError(
      `Cannot keep documents in "${dir}" on their way: ${fileErrorState(error)}. ` +
        "In a pod mount an emptyDir there, elsewhere name another directory in TMPDIR",
    );
  }
}

async function removeLeftovers(parent: string, now: number): Promise<void> {
  const entries = await Array.fromAsync(Deno.readDir(parent)).catch(() => []);
  for (const { name, isDirectory } of entries) {
    if (!isDirectory || !name.startsWith(prefix)) continue;
    // Not ours to read, or another process was faster. What stays costs space and nothing else.
    await removeIfLeft(`${parent}/${name}`, now).catch(() => {});
  }
}

async function removeIfLeft(path: string, now: number): Promise<void> {
  using lock = await Deno.open(`${path}/${lockName}`, { write: true });
  const ageMs = now - ((await lock.stat()).mtime?.getTime() ?? now);
  if (ageMs < unlockedMs || !await lock.tryLock(true)) return;
  await Deno.remove(path, { recursive: true });
}
