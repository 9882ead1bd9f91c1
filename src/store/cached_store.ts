import type { Clock } from "../core/clock.ts";
import type { ArtifactCache } from "./artifact_cache.ts";
import { ArtifactFills } from "./artifact_fills.ts";
import type {
  ArtifactFile,
  ArtifactLinks,
  ArtifactStore,
  StoredArtifact,
  StoredInfo,
} from "./artifact_store.ts";

/** What a {@linkcode CachedStore} is made of. */
export interface CachedStoreParts {
  readonly store: ArtifactStore;
  /** Its directory is removed by `close()`. */
  readonly cache: ArtifactCache;
  readonly clock: Pick<Clock, "schedule">;
  /** The store gave other bytes than were put: to be counted, and the artifact to be put again. */
  readonly onCorrupt?: (key: string) => void;
}

/**
 * A store at the other end of a network, with a cache on the local disk (DESIGN §8, gateway): what was put or read here is
 * served without the store, also while that fails. `stat()`, `list()`, `verify()` and the marks speak of the store.
 */
export class CachedStore implements ArtifactStore {
  readonly #store: ArtifactStore;
  readonly #cache: ArtifactCache;
  readonly #fills: ArtifactFills;

  constructor({ store, cache, clock, onCorrupt }: CachedStoreParts) {
    this.#store = store;
    this.#cache = cache;
    this.#fills = new ArtifactFills({
      clock,
      source: (key) => store.open(key),
      newFile: () => cache.newFile(),
      reserve: (size) => cache.reserve(size),
      release: (size) => cache.release(size),
      keep: (key, artifact) => cache.add(key, artifact),
      onCorrupt,
    });
  }

  async put(key: string, artifact: ArtifactFile): Promise<void> {
    await this.#store.put(key, artifact);
    await this.#cache.addCopy(key, artifact);
  }

  async open(key: string): Promise<StoredArtifact | undefined> {
    return this.#cache.open(key) ?? await this.#fills.open(key);
  }

  stat(key: string): Promise<StoredInfo | undefined> {
    return this.#store.stat(key);
  }

  async delete(key: string, condition?: { readonly putBefore: number }): Promise<boolean> {
    const isGone = await this.#store.delete(key, condition);
    if (isGone) {
      this.#fills.drop(key);
      this.#cache.delete(key);
    }
    return isGone;
  }

  list(prefix: string): AsyncIterable<StoredInfo> {
    return this.#store.list(prefix);
  }

  verify(key: string, digest: string): Promise<boolean> {
    return this.#store.verify(key, digest);
  }

  readMark(name: string): Promise<string | undefined> {
    return this.#store.readMark(name);
  }

  writeMark(...given: Parameters<ArtifactStore["writeMark"]>): Promise<void> {
    return this.#store.writeMark(...given);
  }

  get links(): ArtifactLinks | undefined {
    return this.#store.links;
  }

  async close(): Promise<void> {
    await this.#fills.close();
    await Deno.remove(this.#cache.directory, { recursive: true });
    await this.#store.close();
  }
}
