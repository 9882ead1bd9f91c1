import { ForwardingStore } from "./forwarding_store.ts";
import { fileErrorState } from "../core/file_error.ts";
import { StepError } from "../core/step_error.ts";
import type { ArtifactFile, ArtifactStore, StoredArtifact } from "./artifact_store.ts";
import { openStoredFile } from "./stored_file.ts";

/** Where and how much a {@linkcode FallbackStore} keeps. */
export interface FallbackOptions {
  /** A directory of its own on a local disk, which exists and is empty; removed by `close()`. */
  readonly directory: string;
  /** Bytes. The oldest artifacts give way to a new one; a larger one than this is not kept. */
  readonly limitBytes: number;
}

/**
 * A store that remembers what it could not put (DESIGN §5, class `storage`): `held()` gives the packed artifact for the
 * next try, so that nothing is fetched and packed again, and `open()` reads it meanwhile. `stat()`, `list()` and
 * `verify()` speak of the store beneath only: what is merely held is not stored.
 */
export class FallbackStore extends ForwardingStore {
  readonly #options: FallbackOptions;
  /** By key, the oldest first. */
  readonly #held = new Map<string, ArtifactFile>();
  /** Names the files: two sources may have artifacts of one digest. */
  #copies = 0;

  constructor(store: ArtifactStore, options: FallbackOptions) {
    super(store);
    this.#options = options;
  }

  /** The artifact of a put that failed, to be put again; undefined if there is none or it had to give way. */
  held(key: string): ArtifactFile | undefined {
    return this.#held.get(key);
  }

  override async put(key: string, artifact: ArtifactFile): Promise<void> {
    try {
      await this.beneath.put(key, artifact);
    } catch (error) {
      if (isStorageFailure(error)) await this.#hold(key, artifact);
      throw error;
    }
    await this.#drop(key);
  }

  /** What is held comes first: the store may not have it, and may take long to say so. */
  override async open(key: string): Promise<StoredArtifact | undefined> {
    return this.#openHeld(key) ?? await this.beneath.open(key);
  }

  override async delete(key: string, condition?: { readonly putBefore: number }): Promise<boolean> {
    const isGone = await this.beneath.delete(key, condition);
    if (isGone) await this.#drop(key);
    return isGone;
  }

  override async close(): Promise<void> {
    this.#held.clear();
    await Deno.remove(this.#options.directory, { recursive: true });
    await this.beneath.close();
  }

  async #hold(key: string, artifact: ArtifactFile): Promise<void> {
    if (this.#held.has(key) || artifact.size > this.#options.limitBytes) return;
    const file = `${this.#options.directory}/${this.#copies++}`;
    try {
      await Deno.copyFile(artifact.file, file);
    } catch (error) {
      // The failure of the put is what the caller learns; without a copy the next try fetches again.
      await removeIfThere(file);
      if (fileErrorState(error) === undefined) throw error;
      return;
    }
    await this.#drop(key); // of another put of this key that failed meanwhile
    await this.#makeRoom(artifact.size);
    this.#held.set(key, { ...artifact, file });
  }

  async #makeRoom(size: number): Promise<void> {
    for (const [key] of this.#held) {
      const bytes = [...this.#held.values()].reduce((sum, each) => sum + each.size, 0);
      if (bytes + size <= this.#options.limitBytes) return;
      await this.#drop(key);
    }
  }

  #openHeld(key: string): StoredArtifact | undefined {
    const held = this.#held.get(key);
    return held && openStoredFile(held.file);
  }

  async #drop(key: string): Promise<void> {
    const held = this.#held.get(key);
    if (!held) return;
    this.#held.delete(key);
    await removeIfThere(held.file);
  }
}

async function removeIfThere(path: string): Promise<void> {
  await Deno.remove(path).catch((error: unknown) => {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  });
}

function isStorageFailure(error: unknown): boolean {
  return error instanceof StepError && error.class === "storage";
}
