import { ForwardingStore } from "./forwarding_store.ts";
import type { Clock } from "../core/clock.ts";
import { formatBytes } from "./format_bytes.ts";
import type { ArtifactFile, ArtifactStore } from "./artifact_store.ts";
import { storageError } from "./storage_error.ts";
import { storeUsage } from "./store_usage.ts";

/** How often the count is corrected by a walk through the list: others put and delete too. Milliseconds. */
const walkEveryMs = 5 * 60_000;

/** How much a {@linkcode LimitedStore} holds. */
export interface LimitOptions {
  /** `--storage-max-bytes` */
  readonly maxBytes: number;
  readonly clock: Clock;
}

/**
 * A store that refuses what would make it larger than a limit; what it holds already can always be put again. Several
 * replicas at once may pass the limit by what each puts within five minutes.
 */
export class LimitedStore extends ForwardingStore {
  readonly #options: LimitOptions;
  /** Bytes of the last walk, and of what was put and deleted since. */
  #used = 0;
  /** Bytes of puts under way. */
  #arriving = 0;
  /** Bytes put while a walk goes on, which may have passed their place in the list already. */
  #putMeanwhile = 0;
  #walk: Promise<void> | undefined;
  #walkedAt = -Infinity;

  constructor(store: ArtifactStore, options: LimitOptions) {
    super(store);
    this.#options = options;
  }

  override async put(key: string, artifact: ArtifactFile): Promise<void> {
    if (await this.beneath.stat(key)) return await this.beneath.put(key, artifact);
    await this.#keepCount();
    this.#refuseOverLimit(key, artifact.size);
    // Before the put: others that come meanwhile must not count on the same room.
    this.#count(artifact.size);
    this.#arriving += artifact.size;
    try {
      await this.beneath.put(key, artifact);
    } catch (error) {
      this.#count(-artifact.size);
      throw error;
    } finally {
      this.#arriving -= artifact.size;
    }
  }

  override async delete(key: string, condition?: { readonly putBefore: number }): Promise<boolean> {
    const info = await this.beneath.stat(key);
    const isGone = await this.beneath.delete(key, condition);
    if (isGone && info) this.#used = Math.max(0, this.#used - info.size);
    return isGone;
  }

  /** Only the first put waits for a walk; later ones are judged by the count that the last walk left. */
  async #keepCount(): Promise<void> {
    const { clock } = this.#options;
    const isFirst = this.#walkedAt === -Infinity;
    if (clock.now() - this.#walkedAt >= walkEveryMs) {
      this.#walk ??= this.#recount().finally(() => this.#walk = undefined);
      this.#walk.catch(() => {}); // whoever waits hears of it; else the next put walks again
    }
    if (isFirst) await this.#walk;
  }

  async #recount(): Promise<void> {
    this.#putMeanwhile = this.#arriving;
    const { bytes } = await storeUsage(this.beneath);
    this.#used = bytes + this.#putMeanwhile;
    this.#walkedAt = this.#options.clock.now();
  }

  #count(bytes: number): void {
    this.#used = Math.max(0, this.#used + bytes);
    this.#putMeanwhile = Math.max(0, this.#putMeanwhile + bytes);
  }

  #refuseOverLimit(key: string, size: number): void {
    const { maxBytes } = this.#options;
    if (this.#used + size <= maxBytes) return;
    throw storageError(
      `Cannot store "${key}": it has ${formatBytes(size)}, and ${formatBytes(this.#used)} of ${
        formatBytes(maxBytes)
      } are in use; raise --storage-max-bytes, or keep fewer artifacts with --artifact-retention-records`,
    );
  }
}
