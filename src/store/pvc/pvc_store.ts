import { statfs } from "node:fs/promises";
import { dirname } from "node:path/posix";
import { parseArtifactKey } from "../../core/artifact_key.ts";
import type { Clock } from "../../core/clock.ts";
import { fileErrorState } from "../../core/file_error.ts";
import type { ArtifactFile, ArtifactStore, StoredArtifact, StoredInfo } from "../artifact_store.ts";
import { ignoreAbsence, ignoreFull, isAbsence } from "./file_conditions.ts";
import { fileDigest } from "../file_digest.ts";
import { formatBytes } from "../format_bytes.ts";
import { type IncomingFile, IncomingFiles, unlockedMs } from "./incoming_files.ts";
import { linkIfAbsent } from "./link_if_absent.ts";
import { makeDirectories } from "./make_directories.ts";
import { checkMarkName } from "../mark_name.ts";
import { findCaptured, removeAll, removeOlder } from "./pvc_capture.ts";
import { fileInfo, listFiles } from "./pvc_list.ts";
import { asStorageError, storageError } from "../storage_error.ts";
import { openStoredFile } from "../stored_file.ts";
import { syncDirectory } from "./sync_directory.ts";

/** Bytes; no mark is so long, but the file of somebody else may be. */
const maxMarkBytes = 4_096;
/** How often a directory may vanish, because another writer deleted the last key in it, before a put gives up. */
const maxMoves = 5;

/** What puts leave of a volume. */
export interface PvcRoom {
  readonly minFreeBytes: number;
}

/**
 * Artifacts as files `{root}/{key}` on a volume; the time of the last put is the modification time. Safe for several
 * processes on one volume, without locks: a put is a synced copy elsewhere on the volume, then a rename. Files and
 * directories of the Go implementation (0644, 0755) are served and listed like our own. Symbolic links are not followed.
 */
export class PvcStore implements ArtifactStore {
  readonly #root: string;
  readonly #clock: Clock;
  readonly #incoming: IncomingFiles;
  readonly #minFreeBytes: number;
  #cancelRemoval = () => {};

  /**
   * @param root an absolute path without symbolic links
   * @param room what puts leave free on the volume; nothing unless told
   */
  constructor(root: string, clock: Clock, { minFreeBytes }: PvcRoom = { minFreeBytes: 0 }) {
    this.#root = root;
    this.#minFreeBytes = minFreeBytes;
    this.#clock = clock;
    this.#incoming = new IncomingFiles(root);
  }

  async put(key: string, artifact: ArtifactFile): Promise<void> {
    if (!parseArtifactKey(key)) throw new TypeError(`Cannot store "${key}": not an artifact key`);
    await reporting(`Cannot store "${key}"`, async () => {
      if (await this.#refresh(key, artifact)) return;
      await this.#refuseWithoutRoom(key, artifact.size);
      await using copy = await this.#incoming.receive(artifact, this.#clock.now());
      await this.#move(copy, key);
    });
  }

  open(key: string): Promise<StoredArtifact | undefined> {
    return this.#find(key, openStoredFile);
  }

  stat(key: string): Promise<StoredInfo | undefined> {
    return this.#find(key, (path) => fileInfo(key, path));
  }

  async delete(key: string, condition?: { readonly putBefore: number }): Promise<boolean> {
    if (!parseArtifactKey(key)) return true;
    return await reporting(`Cannot delete "${key}"`, async () => {
      const path = `${this.#root}/${key}`;
      const [source, namespace] = [dirname(path), dirname(dirname(path))];
      if (await Deno.realPath(source).catch(ignoreAbsence) !== source) return true;
      const removal = condition
        ? await removeOlder(path, {
          ...condition,
          id: await this.#incoming.names.next().catch(ignoreFull),
        })
        : await removeAll(path);
      // Who removed nothing leaves a directory to whoever is about to put something into it.
      if (removal === "removed") await removeIfEmpty(source) && await removeIfEmpty(namespace);
      return removal !== "spared";
    });
  }

  list(prefix: string): AsyncIterable<StoredInfo> {
    return reportingEach(`Cannot list "${prefix}"`, listFiles(this.#root, prefix));
  }

  async verify(key: string, digest: string): Promise<boolean> {
    return await this.#find(key, async (path) => {
      using file = await Deno.open(path).catch(ignoreAbsence);
      return file && await fileDigest(file) === digest;
    }) ?? false;
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
      await (replace ? Deno.rename(copy.path, path) : linkIfAbsent(copy.path, path));
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

  /** What `look` finds at the file of a key, or at that file while it is captured; undefined if there is none. */
  #find<Found>(
    key: string,
    look: (path: string) => Found | undefined | Promise<Found | undefined>,
  ): Promise<Found | undefined> {
    if (!parseArtifactKey(key)) return Promise.resolve(undefined);
    const path = `${this.#root}/${key}`;
    const lookAt = (each: string) => isInPlace(each) ? look(each) : undefined;
    return reporting(`Cannot read "${key}"`, async () => {
      const found = await lookAt(path);
      if (found !== undefined) return found;
      for (const captured of await findCaptured(path)) {
        const other = await lookAt(captured);
        if (other !== undefined) return other;
      }
      return await lookAt(path); // it may be back
    });
  }

  /** Whether the key already holds these bytes. An unreadable file counts as none: the put then replaces it. */
  async #refresh(key: string, artifact: ArtifactFile): Promise<boolean> {
    const path = `${this.#root}/${key}`;
    try {
      if (!isInPlace(path) || (await fileInfo(key, path))?.size !== artifact.size) return false;
      using file = await Deno.open(path);
      if (await fileDigest(file) !== artifact.digest) return false;
      await using link = await this.#incoming.link({ path, file }, this.#clock.now());
      if (!link) return false;
      await Deno.rename(link.path, path);
      // Whoever made it may have been killed before it synced the names.
      await syncDirectory(dirname(path));
      return true;
    } catch (error) {
      if (fileErrorState(error) === undefined) throw error;
      return false;
    }
  }

  /** What is there in another form is repaired: it takes no more room than it has. */
  async #refuseWithoutRoom(key: string, size: number): Promise<void> {
    if (await fileInfo(key, `${this.#root}/${key}`)) return;
    const { bavail, bsize, blocks } = await statfs(this.#root);
    const free = bavail * bsize;
    // Some remote file systems do not tell how large they are.
    if (blocks === 0 || free - size >= this.#minFreeBytes) return;
    throw storageError(
      `Cannot store "${key}": it has ${formatBytes(size)}, and the volume has ${
        formatBytes(free)
      } free, of which ${
        formatBytes(this.#minFreeBytes)
      } are not used; enlarge the volume, or set a smaller --storage-min-free`,
    );
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

async function* reportingEach<Item>(
  action: string,
  items: AsyncIterable<Item>,
): AsyncGenerator<Item> {
  try {
    yield* items;
  } catch (error) {
    throw asStorageError(action, error);
  }
}

/** Whether something is under a path that leads through no symbolic link, which may lead out of the root. */
function isInPlace(path: string): boolean {
  try {
    return Deno.realPathSync(path) === path;
  } catch (error) {
    if (isAbsence(error)) return false;
    throw error;
  }
}

/** False also if it cannot be removed: an empty directory harms nobody. */
async function removeIfEmpty(directory: string): Promise<boolean> {
  return await Deno.remove(directory).then(() => true, () => false);
}
