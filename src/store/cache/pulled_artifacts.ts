import type { Clock } from "../../core/clock.ts";
import { ArtifactFills, type ArtifactSource } from "./artifact_fills.ts";
import type { ArtifactFile, ArtifactStore, StoredArtifact } from "../artifact_store.ts";

/** What {@linkcode PulledArtifacts} are made of. */
export interface PulledArtifactsParts {
  /** Of this replica alone. */
  readonly store: Pick<ArtifactStore, "put" | "stat">;
  /** Asks the other replicas. */
  readonly source: ArtifactSource;
  /** A directory of its own on a local disk, which exists and is empty; removed by `close()`. */
  readonly directory: string;
  /** Bytes on their way at once; what goes beyond is not stored here. */
  readonly limitBytes: number;
  readonly clock: Pick<Clock, "schedule">;
  /** The own store did not take an artifact; it was served all the same. */
  readonly onRefused: (error: unknown) => void;
  /** Other replicas gave other bytes than those of the digest. */
  readonly onCorrupt?: (key: string) => void;
}

/** Artifacts that another replica has: brought here once, into the own store, and served meanwhile (DESIGN §8). */
export class PulledArtifacts {
  readonly #parts: PulledArtifactsParts;
  readonly #fills: ArtifactFills;
  #onTheirWay = 0;
  #count = 0;

  constructor(parts: PulledArtifactsParts) {
    this.#parts = parts;
    this.#fills = new ArtifactFills({
      clock: parts.clock,
      source: parts.source,
      newFile: () => `${parts.directory}/${this.#count++}`,
      reserve: (size) => this.#reserve(size),
      release: (size) => {
        this.#onTheirWay -= size;
      },
      keep: (key, artifact) => this.#store(key, artifact),
      onCorrupt: parts.onCorrupt,
    });
  }

  /**
   * The artifact of another replica; undefined if none has it.
   *
   * @throws {StepError} class `storage` if that cannot be told, or what comes is wrong
   */
  open(key: string): Promise<StoredArtifact | undefined> {
    return this.#fills.open(key);
  }

  /** Brings an artifact into the own store, unless it is there. @returns whether it is there now */
  async hold(key: string, source: ArtifactSource): Promise<boolean> {
    if (await this.#parts.store.stat(key)) return true;
    (await this.#fills.open(key, source))?.close();
    await this.#fills.settled(key);
    return await this.#parts.store.stat(key) !== undefined;
  }

  async close(): Promise<void> {
    await this.#fills.close();
    await Deno.remove(this.#parts.directory, { recursive: true });
  }

  #reserve(size: number): boolean {
    if (this.#onTheirWay + size > this.#parts.limitBytes) return false;
    this.#onTheirWay += size;
    return true;
  }

  async #store(key: string, artifact: ArtifactFile): Promise<boolean> {
    try {
      await this.#parts.store.put(key, artifact);
    } catch (error) {
      this.#parts.onRefused(error);
    }
    return false;
  }
}
