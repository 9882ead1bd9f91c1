import type { ArtifactFile } from "../artifact_store.ts";
import { copyArtifact } from "../copy_artifact.ts";
import { makeDirectories } from "./make_directories.ts";
import { UniqueNames } from "./unique_names.ts";

/** No key: those begin with `artifacts/`. Within the root, so that a rename from it is atomic. */
const directoryName = ".incoming";
/** A file so young may not be locked yet by the process that has just made it; milliseconds. */
export const unlockedMs = 10_000;
/** Where the file system knows no locks, a file that nobody wrote to for so long belongs to nobody. */
const abandonedMs = 3_600_000;

/** A complete copy, on disk to stay, that has no key yet. Disposing of it removes it unless it was moved away. */
export interface IncomingFile extends AsyncDisposable {
  readonly path: string;
}

/**
 * Copies on their way into a store. Each is locked while its process lives, so that leftovers of a killed one are told
 * from the files of other writers on the same volume; a wrong guess costs a failed put, never a torn artifact.
 */
export class IncomingFiles {
  readonly #root: string;
  /** For files on their way in and out. */
  readonly names: UniqueNames;

  constructor(root: string) {
    this.#root = root;
    this.names = new UniqueNames(root, directoryName);
  }

  /**
   * Copies an artifact, mode 0600, synced.
   *
   * @param lastPut becomes its modification time, in milliseconds since the Unix epoch
   */
  receive(artifact: ArtifactFile, lastPut: number): Promise<IncomingFile> {
    return this.#receive(async (file) => {
      await copyArtifact(artifact, (piece) => writeAll(file, piece));
      await setTime(file, lastPut);
    });
  }

  /**
   * Another name of a file that is stored, which has been put again. To move it there is all that a put has left to do, and
   * is right even if the first name is gone by then; a reader's file stays what it was.
   *
   * @param lastPut becomes the modification time of the file
   * @returns undefined if there is another file under the path by now
   */
  async link(
    stored: { readonly path: string; readonly file: Deno.FsFile },
    lastPut: number,
  ): Promise<IncomingFile | undefined> {
    const directory = await makeDirectories(this.#root, directoryName);
    const path = `${directory}/put-${await this.names.next()}.tmp`;
    await Deno.link(stored.path, path);
    const discard = () => removeIfThere(path);
    try {
      const [linked, opened] = await Promise.all([Deno.lstat(path), stored.file.stat()]);
      if (linked.ino === opened.ino) {
        using file = await Deno.open(path, { write: true });
        await setTime(file, lastPut);
        await file.sync();
        return { path, [Symbol.asyncDispose]: discard };
      }
    } catch (error) {
      await discard();
      throw error;
    }
    await discard();
    return undefined;
  }

  /** A text as a file, mode 0600, synced. */
  receiveText(text: string): Promise<IncomingFile> {
    return this.#receive((file) => writeAll(file, new TextEncoder().encode(text)));
  }

  async #receive(write: (file: Deno.FsFile) => Promise<void>): Promise<IncomingFile> {
    const dir = await makeDirectories(this.#root, directoryName);
    const path = await Deno.makeTempFile({ dir, prefix: "put-", suffix: ".tmp" });
    const file = await Deno.open(path, { write: true });
    const discard = async () => {
      file.close();
      await removeIfThere(path);
    };
    try {
      await file.tryLock(true).catch(() => false); // not every file system has locks
      await write(file);
      await file.sync();
    } catch (error) {
      await discard();
      throw error;
    }
    return { path, [Symbol.asyncDispose]: discard };
  }

  /** Removes what killed processes left. */
  async removeLeftovers(now: number): Promise<void> {
    const directory = `${this.#root}/${directoryName}`;
    for (const { name, isFile } of await entries(directory)) {
      if (isFile) await removeLeftover(`${directory}/${name}`, now);
    }
  }
}

/** How far apart the times of the coarsest file system are (FAT), milliseconds. */
const coarsestMs = 2_000;

/** Sets the time of the last put. A file system that keeps whole seconds must not make it seem older than it is. */
async function setTime(file: Deno.FsFile, lastPut: number): Promise<void> {
  await file.utime(new Date(lastPut), new Date(lastPut));
  const kept = (await file.stat()).mtime?.getTime() ?? 0;
  if (kept >= lastPut) return;
  const next = new Date(lastPut + coarsestMs);
  await file.utime(next, next);
}

async function removeLeftover(path: string, now: number): Promise<void> {
  try {
    using file = await Deno.open(path, { read: true, write: true });
    const ageMs = now - ((await file.stat()).mtime?.getTime() ?? 0);
    if (ageMs < unlockedMs) return;
    const isOurs = await file.tryLock(true).catch(() => ageMs > abandonedMs);
    if (isOurs) await removeIfThere(path);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error; // another process was faster
  }
}

async function entries(directory: string): Promise<Deno.DirEntry[]> {
  try {
    return await Array.fromAsync(Deno.readDir(directory));
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return [];
    throw error;
  }
}

async function removeIfThere(path: string): Promise<void> {
  try {
    await Deno.remove(path);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
}

async function writeAll(file: Deno.FsFile, bytes: Uint8Array): Promise<void> {
  for (let written = 0; written < bytes.length;) {
    written += await file.write(bytes.subarray(written));
  }
}
