import { ForwardingStore } from "../forwarding_store.ts";
import type { Clock } from "../../core/clock.ts";
import type { ArtifactCache } from "./artifact_cache.ts";
import { ArtifactFills } from "./artifact_fills.ts";
import type { ArtifactFile, ArtifactStore, StoredArtifact } from "../artifact_store.ts";

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
export class CachedStore extends ForwardingStore {
  readonly #cache: ArtifactCache;
  readonly #fills: ArtifactFills;

  constructor({ store, cache, clock, onCorrupt }: CachedStoreParts) {
    super(store);
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

  override async put(key: string, artifact: ArtifactFile): Promise<void> {
    await this.beneath.put(key, artifact);
    await this.#cache.addCopy(key, artifact);
  }

  override async open(key: string): Promise<StoredArtifact | undefined> {
    return this.#cache.open(key) ?? await this.#fills.open(key);
  }

  override async delete(key: string, condition?: { readonly putBefore: number }): Promise<boolean> {
    const isGone = await this.beneath.delete(key, condition);
    if (isGone) {
      this.#fills.drop(key);
      this.#cache.delete(key);
    }
    return isGone;
  }

  override async close(): Promise<void> {
    // Together: what is asked of a store that says nothing ends only with the store.
    await Promise.all([this.#fills.close(), this.beneath.close()]);
    await Deno.remove(this.#cache.directory, { recursive: true });
  }
}
