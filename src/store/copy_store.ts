import { parseArtifactKey } from "../core/artifact_key.ts";
import { digestOf } from "../core/revision.ts";
import { StepError } from "../core/step_error.ts";
import type { ArtifactFile, ArtifactStore, StoredInfo } from "./artifact_store.ts";
import { compareStores, type StoredPair } from "./compare_stores.ts";
import { isGoArtifact } from "./go_artifact.ts";
import { receiveArtifact } from "./receive_artifact.ts";
import { asStorageError, storageError } from "./storage_error.ts";

/** What a copy has come to. */
export interface CopyCounts {
  readonly copied: number;
  readonly copiedBytes: number;
  /** There already. */
  readonly skipped: number;
  readonly skippedBytes: number;
  /** Not copied; each was told to `onProblem`. */
  readonly failed: number;
}

/** What a copy works with. */
export interface CopyOptions {
  readonly from: Pick<ArtifactStore, "list" | "open">;
  readonly to: Pick<ArtifactStore, "list" | "put" | "verify">;
  /** How many artifacts are on their way at once. */
  readonly parallel: number;
  /** Whether what is there already is read and compared, instead of its size alone. */
  readonly verify: boolean;
  /** An empty directory on a local disk, for as many artifacts as are on their way. */
  readonly directory: string;
  /** No further artifact is begun, and what is being read is left, once it aborts. */
  readonly signal: AbortSignal;
  readonly onProgress: (counts: CopyCounts) => void;
  /** `Cannot copy "key": state` */
  readonly onProblem: (message: string) => void;
}

/** A store that fails so often in a row will fail for the rest too. */
const maxFailures = 20;

/**
 * Copies the artifacts of one store into another, and nothing else: marks say whose a store is, and the next one has its
 * own. Bytes that are not those of their key are not copied. What is there already is skipped, so a copy that was stopped
 * goes on where it ended, and one of a store in use is made complete by another.
 *
 * @throws {StepError} class `storage` if a store cannot be listed, or one artifact after another fails
 */
export async function copyStore(options: CopyOptions): Promise<CopyCounts> {
  const copy = new StoreCopy(options);
  await using pairs = compareStores(options.from, options.to);
  const workers = Array.from({ length: options.parallel }, () => copy.work(pairs));
  const ends = await Promise.allSettled(workers);
  for (const end of ends) if (end.status === "rejected") throw end.reason;
  return copy.counts;
}

class StoreCopy {
  readonly #options: CopyOptions;
  readonly #ending = new AbortController();
  #counts: CopyCounts = { copied: 0, copiedBytes: 0, skipped: 0, skippedBytes: 0, failed: 0 };
  #failures = 0;
  #files = 0;

  constructor(options: CopyOptions) {
    this.#options = options;
  }

  get counts(): CopyCounts {
    return this.#counts;
  }

  /** One of the workers that share the pairs. */
  async work(pairs: AsyncGenerator<StoredPair>): Promise<void> {
    const signal = AbortSignal.any([this.#options.signal, this.#ending.signal]);
    try {
      while (!signal.aborted) {
        const { value: pair, done } = await pairs.next();
        if (done) return;
        await this.#attempt(pair, signal);
      }
    } catch (error) {
      this.#ending.abort();
      throw error;
    }
  }

  async #attempt(pair: StoredPair, signal: AbortSignal): Promise<void> {
    try {
      const done = await this.#copy(pair, signal);
      this.#failures = 0;
      if (done) this.#count(done, pair.from.size);
    } catch (error) {
      if (signal.aborted) return;
      if (!(error instanceof StepError)) throw error;
      this.#options.onProblem(error.message);
      this.#count("failed", 0);
      if (error.class === "storage" && ++this.#failures >= maxFailures) {
        throw storageError(`Cannot copy on: ${maxFailures} artifacts in a row have failed`, error);
      }
    }
  }

  #count(done: "copied" | "skipped" | "failed", bytes: number): void {
    const counts = { ...this.#counts, [done]: this.#counts[done] + 1 };
    if (done !== "failed") counts[`${done}Bytes`] += bytes;
    this.#counts = counts;
    this.#options.onProgress(counts);
  }

  /** What was done; undefined if the artifact was collected since it was listed. */
  async #copy(
    { from: info, to: there }: StoredPair,
    signal: AbortSignal,
  ): Promise<"copied" | "skipped" | undefined> {
    const { from, to, directory } = this.#options;
    if (there && await this.#isSame(info, there)) return "skipped";
    const stored = await from.open(info.key);
    if (!stored) return undefined;
    const path = `${directory}/${this.#files++}`;
    try {
      const artifact = await receiveArtifact(info.key, stored, { path, signal });
      await refuseWrong(info.key, artifact);
      await to.put(info.key, artifact);
      return "copied";
    } catch (error) {
      throw asStorageError(`Cannot copy "${info.key}"`, error);
    } finally {
      stored.close();
      await Deno.remove(path).catch(() => {}); // the whole directory is removed in the end
    }
  }

  async #isSame({ key, size }: StoredInfo, there: StoredInfo): Promise<boolean> {
    const { to, verify } = this.#options;
    return there.size === size && (!verify || await to.verify(key, digestOfKey(key)));
  }
}

/** A target would take them, and serve them to consumers that refuse them. */
async function refuseWrong(key: string, { file, digest, size }: ArtifactFile): Promise<void> {
  const hex = parseArtifactKey(key)?.hex ?? "";
  if (digest === digestOf(hex) || await isGoArtifact(file, hex)) return;
  throw new StepError(
    `Cannot copy "${key}": its ${size} bytes are damaged, they have the digest ${digest}`,
    { class: "rejected", reason: "ArtifactCorrupted" },
  );
}

function digestOfKey(key: string): string {
  return digestOf(parseArtifactKey(key)?.hex ?? "");
}
