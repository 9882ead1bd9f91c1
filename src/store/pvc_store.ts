import { dirname } from "node:path/posix";
import { parseArtifactKey } from "../core/artifact_key.ts";
import type { Clock } from "../core/clock.ts";
import { fileErrorState } from "../core/file_error.ts";
import type { ArtifactFile, ArtifactStore, StoredArtifact, StoredInfo } from "./artifact_store.ts";
import { fileDigest } from "./file_digest.ts";
import { type IncomingFile, IncomingFiles, unlockedMs } from "./incoming_files.ts";
import { makeDirectories } from "./make_directories.ts";
import { checkMarkName } from "./mark_name.ts";
import { asStorageError } from "./storage_error.ts";
import { openStoredFile } from "./stored_file.ts";
import { syncDirectory } from "./sync_directory.ts";

const top = "artifacts/";
/** Bytes; no mark is so long, but the file of somebody else may be. */
const maxMarkBytes = 4_096;
/** How often a directory may vanish, because another writer deleted the last key in it, before a put gives up. */
const maxMoves = 5;

/**
 * Artifacts as files `{root}/{key}` on a volume; the time of the last put is the modification time. Safe for several
 * processes on one volume, without locks: a put is a synced copy elsewhere on the volume, then a rename. Files and
 * directories of the Go implementation (0644, 0755) are served and listed like our own. Symbolic links are not followed.
 */
export class PvcStore implements ArtifactStore {
  readonly #root: string;
  readonly #clock: Clock;
  readonly #incoming: IncomingFiles;
  #cancelRemoval = () => {};

  /** @param root an absolute path without symbolic links */
  constructor(root: string, clock: Clock) {
    this.#root = root;
    this.#clock = clock;
    this.#incoming = new IncomingFiles(root);
  }

  async put(key: string, artifact: ArtifactFile): Promise<void> {
    if (!parseArtifactKey(key)) throw new TypeError(`Cannot store "${key}": not an artifact key`);
    await reporting(`Cannot store "${key}"`, async () => {
      if (await this.#refresh(key, artifact)) return;
      await using copy = await this.#incoming.receive(artifact, this.#clock.now());
      await this.#move(copy, key);
    });
  }

  open(key: string): Promise<StoredArtifact | undefined> {
    return reporting(`Cannot read "${key}"`, () => this.#openSync(key));
  }

  stat(key: string): Promise<StoredInfo | undefined> {
    return reporting(`Cannot read "${key}"`, async () => {
      const path = this.#path(key);
      return path === undefined ? undefined : await infoOf(key, path);
    });
  }

  async delete(key: string, condition?: { readonly putBefore: number }): Promise<boolean> {
    const path = this.#path(key);
    if (path === undefined) return true;
    return await reporting(`Cannot delete "${key}"`, async () => {
      const info = condition && await infoOf(key, path);
      if (info && info.lastPut >= condition.putBefore) return false;
      await Deno.remove(path).catch(ignoreAbsence);
      await removeIfEmpty(dirname(path)) && await removeIfEmpty(dirname(dirname(path)));
      return true;
    });
  }

  async *list(prefix: string): AsyncGenerator<StoredInfo> {
    try {
      // Straight to the directory that the prefix names: a namespace may hold thousands of sources.
      const directory = prefix.startsWith(top) ? prefix.slice(0, prefix.lastIndexOf("/") + 1) : top;
      const path = `${this.#root}/${directory}`.slice(0, -1);
      if (await Deno.realPath(path).catch(ignoreAbsence) !== path) return;
      yield* this.#listBelow(directory, prefix);
    } catch (error) {
      throw asStorageError(`Cannot list "${prefix}"`, error);
    }
  }

  verify(key: string, digest: string): Promise<boolean> {
    return reporting(`Cannot read "${key}"`, async () => {
      const path = this.#path(key);
      using file = path === undefined ? undefined : await Deno.open(path).catch(ignoreAbsence);
      return file !== undefined && await fileDigest(file) === digest;
    });
  }

  async readMark(name: string): Promise<string | undefined> {
    const path = `${this.#root}/${checkMarkName(name)}`;
    return await reporting(`Cannot read mark "${name}"`, async () => {
      using file = await Deno.open(path).catch(ignoreAbsence);
      if (!file) return undefined;
      const text = new Uint8Array(maxMarkBytes);
      return new TextDecoder().decode(text.subarray(0, await file.read(text) ?? 0));
    });
  }

  async writeMark(
    name: string,
    text: string,
    { replace }: { readonly replace: boolean },
  ): Promise<void> {
    const path = `${this.#root}/${checkMarkName(name)}`;
    await reporting(`Cannot write mark "${name}"`, async () => {
      await using copy = await this.#incoming.receiveText(text);
      await (replace ? Deno.rename(copy.path, path) : moveIfAbsent(copy.path, path));
      await syncDirectory(this.#root);
    });
  }

  close(): Promise<void> {
    this.#cancelRemoval();
    return Promise.resolve();
  }

  /**
   * Removes what killed processes left, now and once more when what one left just before this start is old enough to be
   * told from the file of another writer. The artifacts themselves are never torn.
   */
  async removeLeftovers(): Promise<void> {
    const remove = () => this.#incoming.removeLeftovers(this.#clock.now());
    await reporting("Cannot remove leftovers from the artifact volume", remove);
    this.#cancelRemoval = this.#clock.schedule(() => {
      remove().catch(() => {}); // the next start tries again
    }, 2 * unlockedMs);
  }

  /** The file of a key; undefined unless it is a key whose file, if there is one, lies in the root. */
  #path(key: string): string | undefined {
    if (!parseArtifactKey(key)) return undefined;
    const path = `${this.#root}/${key}`;
    try {
      return Deno.realPathSync(path) === path ? path : undefined;
    } catch (error) {
      if (isAbsence(error)) return undefined;
      throw error;
    }
  }

  #openSync(key: string): StoredArtifact | undefined {
    const path = this.#path(key);
    return path === undefined ? undefined : openStoredFile(path);
  }

  /** Whether the key already holds these bytes. An unreadable file counts as none: the put then replaces it. */
  async #refresh(key: string, artifact: ArtifactFile): Promise<boolean> {
    try {
      const path = this.#path(key);
      if (path === undefined || (await infoOf(key, path))?.size !== artifact.size) return false;
      using file = await Deno.open(path);
      if (await fileDigest(file) !== artifact.digest) return false;
      const now = new Date(this.#clock.now());
      await Deno.utime(path, now, now);
      // Whoever made it may have been killed before it synced the names.
      await file.sync();
      await syncDirectory(dirname(path));
      return true;
    } catch (error) {
      if (fileErrorState(error) === undefined) throw error;
      return false;
    }
  }

  async #move(copy: IncomingFile, key: string): Promise<void> {
    for (let moves = 1;; moves++) {
      try {
        const directory = await makeDirectories(this.#root, dirname(key));
        await Deno.rename(copy.path, `${this.#root}/${key}`);
        return await syncDirectory(directory);
      } catch (error) {
        if (!isAbsence(error) || moves === maxMoves) throw error;
      }
    }
  }

  async *#listBelow(directory: string, prefix: string): AsyncGenerator<StoredInfo> {
    const entries = await Array.fromAsync(Deno.readDir(`${this.#root}/${directory}`))
      .catch(ignoreAbsence) ?? [];
    for (const { name, isDirectory, isFile } of entries.toSorted(byPlaceInKeys)) {
      const path = directory + name;
      if (isDirectory && `${path}/`.startsWith(prefix.slice(0, path.length + 1))) {
        yield* this.#listBelow(`${path}/`, prefix);
      }
      const isListed = isFile && path.startsWith(prefix) && parseArtifactKey(path) !== undefined;
      const info = isListed ? await infoOf(path, `${this.#root}/${path}`) : undefined;
      if (info) yield info;
    }
  }
}

async function reporting<Result>(
  action: string,
  body: () => Promise<Result> | Result,
): Promise<Result> {
  try {
    return await body();
  } catch (error) {
    throw asStorageError(action, error);
  }
}

async function infoOf(key: string, path: string): Promise<StoredInfo | undefined> {
  const info = await Deno.lstat(path).catch(ignoreAbsence);
  if (!info?.isFile) return undefined;
  return { key, size: info.size, lastPut: info.mtime?.getTime() ?? 0 };
}

function isAbsence(error: unknown): boolean {
  return error instanceof Deno.errors.NotFound || error instanceof Deno.errors.NotADirectory ||
    error instanceof Deno.errors.FilesystemLoop;
}

function ignoreAbsence(error: unknown): undefined {
  if (!isAbsence(error)) throw error;
}

/** The order of what a key has from there on: `a-b/` comes before `a/`. */
function byPlaceInKeys(a: Deno.DirEntry, b: Deno.DirEntry): number {
  const [one, other] = [a, b].map(({ name, isDirectory }) => isDirectory ? `${name}/` : name);
  return one! < other! ? -1 : 1;
}

/** A link is made for one only of several writers; where the file system has none, the last one wins. */
async function moveIfAbsent(from: string, to: string): Promise<void> {
  try {
    await Deno.link(from, to);
  } catch (error) {
    if (error instanceof Deno.errors.AlreadyExists) return;
    if (fileErrorState(error) === undefined || await Deno.lstat(to).catch(ignoreAbsence)) {
      throw error;
    }
    await Deno.rename(from, to);
  }
}

/** False also if it cannot be removed: an empty directory harms nobody. */
async function removeIfEmpty(directory: string): Promise<boolean> {
  return await Deno.remove(directory).then(() => true, () => false);
}
