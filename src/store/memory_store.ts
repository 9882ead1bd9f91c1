import { parseArtifactKey } from "../core/artifact_key.ts";
import type { Clock } from "../core/clock.ts";
import type { ArtifactFile, ArtifactStore, StoredArtifact, StoredInfo } from "./artifact_store.ts";
import { bytesArtifact } from "./bytes_artifact.ts";
import { copyArtifact } from "./copy_artifact.ts";
import { checkMarkName } from "./mark_name.ts";
import { asStorageError, storageError } from "./storage_error.ts";

interface Entry {
  readonly bytes: Uint8Array;
  readonly digest: string;
  lastPut: number;
}

const mebibytes = (bytes: number) => `${(bytes / 2 ** 20).toFixed(1)} MiB`;

/** Artifacts in memory, for development. Never evicts: everything in it may be published, so a full one refuses. */
export class MemoryStore implements ArtifactStore {
  readonly #entries = new Map<string, Entry>();
  readonly #marks = new Map<string, string>();
  readonly #limitBytes: number;
  readonly #clock: Clock;
  /** Bytes of the puts that are under way. */
  #arriving = 0;
  #used = 0;

  constructor(limitBytes: number, clock: Clock) {
    this.#limitBytes = limitBytes;
    this.#clock = clock;
  }

  async put(key: string, artifact: ArtifactFile): Promise<void> {
    if (!parseArtifactKey(key)) throw new TypeError(`Cannot store "${key}": not an artifact key`);
    const held = this.#entries.get(key);
    if (held?.digest === artifact.digest) {
      held.lastPut = this.#clock.now();
      return;
    }
    this.#refuseOverLimit(key, artifact.size);
    this.#arriving += artifact.size;
    try {
      const bytes = await read(artifact);
      this.#remove(key);
      this.#entries.set(key, { bytes, digest: artifact.digest, lastPut: this.#clock.now() });
      this.#used += bytes.length;
    } catch (error) {
      throw asStorageError(`Cannot store "${key}"`, error);
    } finally {
      this.#arriving -= artifact.size;
    }
  }

  open(key: string): Promise<StoredArtifact | undefined> {
    const bytes = this.#entries.get(key)?.bytes;
    return Promise.resolve(bytes && bytesArtifact(bytes));
  }

  stat(key: string): Promise<StoredInfo | undefined> {
    const entry = this.#entries.get(key);
    return Promise.resolve(entry && info(key, entry));
  }

  delete(key: string, condition?: { readonly putBefore: number }): Promise<boolean> {
    const entry = this.#entries.get(key);
    const isSpared = entry !== undefined && condition && entry.lastPut >= condition.putBefore;
    if (!isSpared) this.#remove(key);
    return Promise.resolve(!isSpared);
  }

  async *list(prefix: string): AsyncGenerator<StoredInfo> {
    const keys = [...this.#entries.keys()].filter((key) => key.startsWith(prefix)).sort();
    for (const key of keys) {
      const entry = this.#entries.get(key);
      if (entry) yield info(key, entry);
    }
  }

  verify(key: string, digest: string): Promise<boolean> {
    return Promise.resolve(this.#entries.get(key)?.digest === digest);
  }

  async readMark(name: string): Promise<string | undefined> {
    return this.#marks.get(checkMarkName(name));
  }

  async writeMark(
    name: string,
    text: string,
    { replace }: { readonly replace: boolean },
  ): Promise<void> {
    if (replace || !this.#marks.has(checkMarkName(name))) {
      this.#marks.set(checkMarkName(name), text);
    }
  }

  close(): Promise<void> {
    this.#entries.clear();
    return Promise.resolve();
  }

  #remove(key: string): void {
    this.#used -= this.#entries.get(key)?.bytes.length ?? 0;
    this.#entries.delete(key);
  }

  #refuseOverLimit(key: string, size: number): void {
    const replaced = this.#entries.get(key)?.bytes.length ?? 0;
    const used = this.#used + this.#arriving - replaced;
    if (used + size <= this.#limitBytes) return;
    throw storageError(
      `Cannot store "${key}" in memory: it has ${mebibytes(size)}, and ${mebibytes(used)} of ${
        mebibytes(this.#limitBytes)
      } are in use; raise --memory-store-limit or set STORAGE_BACKEND=pvc`,
    );
  }
}

const info = (key: string, { bytes, lastPut }: Entry): StoredInfo => ({
  key,
  size: bytes.length,
  lastPut,
});

async function read(artifact: ArtifactFile): Promise<Uint8Array> {
  const bytes = new Uint8Array(artifact.size);
  let at = 0;
  await copyArtifact(artifact, (piece) => {
    bytes.set(piece, at);
    at += piece.length;
  });
  return bytes;
}
