import type { ArtifactFile, StoredArtifact } from "../artifact_store.ts";
import { openStoredFile } from "../stored_file.ts";

/** Where and how much an {@linkcode ArtifactCache} keeps. */
export interface ArtifactCacheOptions {
  /** A directory of its own on a local disk, which exists and is empty. */
  readonly directory: string;
  /** Bytes; 0 keeps nothing. */
  readonly limitBytes: number;
}

/**
 * Whole artifacts as files, which were verified before they came in. Those that were not read for the longest time give
 * way; one that is open stays readable, and its bytes on the disk, until it is closed.
 */
export class ArtifactCache {
  readonly directory: string;
  readonly #limitBytes: number;
  /** By key, the one that was not read for the longest time first. */
  readonly #files = new Map<string, ArtifactFile>();
  #bytes = 0;
  #reserved = 0;
  /** Names the files: two sources may have artifacts of one digest. */
  #count = 0;

  constructor({ directory, limitBytes }: ArtifactCacheOptions) {
    this.directory = directory;
    this.#limitBytes = limitBytes;
  }

  /** Bytes of the artifacts in it, and of those that are on the way. */
  get bytes(): number {
    return this.#bytes + this.#reserved;
  }

  /** Undefined if it is not here; a file that was cut off or removed counts as none. */
  open(key: string): StoredArtifact | undefined {
    const held = this.#files.get(key);
    if (!held) return undefined;
    const artifact = openStoredFile(held.file);
    if (artifact?.size !== held.size) {
      artifact?.close();
      this.delete(key);
      return undefined;
    }
    this.#files.delete(key);
    this.#files.set(key, held);
    return artifact;
  }

  /** Makes room for an artifact that is on its way; false if it cannot have that much. `release` gives it back. */
  reserve(size: number): boolean {
    if (!this.#makeRoom(size)) return false;
    this.#reserved += size;
    return true;
  }

  release(size: number): void {
    this.#reserved -= size;
  }

  /** Takes over a file in its directory. @returns false if it has no room, or has that artifact already */
  add(key: string, artifact: ArtifactFile): boolean {
    if (this.#has(key, artifact) || !this.#makeRoom(artifact.size)) return false;
    this.delete(key);
    this.#files.set(key, artifact);
    this.#bytes += artifact.size;
    return true;
  }

  /** Adds a file that stays where it is, if there is room: as a link, or as a copy from another file system. */
  async addCopy(key: string, artifact: ArtifactFile): Promise<void> {
    if (this.#has(key, artifact)) return;
    this.delete(key);
    if (artifact.size > this.#limitBytes) return;
    const file = this.newFile();
    try {
      await Deno.link(artifact.file, file).catch(() => Deno.copyFile(artifact.file, file));
    } catch {
      return remove(file); // it is in the store; the first download fills the cache
    }
    if (!this.add(key, { ...artifact, file })) remove(file);
  }

  /** A path in its directory that nothing has yet. */
  newFile(): string {
    return `${this.directory}/${this.#count++}`;
  }

  delete(key: string): void {
    const held = this.#files.get(key);
    if (!held) return;
    this.#files.delete(key);
    this.#bytes -= held.size;
    remove(held.file);
  }

  #has(key: string, { digest }: ArtifactFile): boolean {
    return this.#files.get(key)?.digest === digest;
  }

  #makeRoom(size: number): boolean {
    if (size + this.#reserved > this.#limitBytes) return false;
    for (const key of this.#files.keys()) {
      if (this.bytes + size <= this.#limitBytes) break;
      this.delete(key);
    }
    return true;
  }
}

/** A file that stays costs space until the directory goes with the process, and nothing else. */
function remove(file: string): void {
  try {
    Deno.removeSync(file);
  } catch {
    // It is gone, or the disk does not let go of it.
  }
}
