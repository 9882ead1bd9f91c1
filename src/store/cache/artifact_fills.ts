import type { Clock } from "../../core/clock.ts";
import { parseArtifactKey } from "../../core/artifact_key.ts";
import { digestOf } from "../../core/revision.ts";
import { StepError } from "../../core/step_error.ts";
import type { ArtifactFile, StoredArtifact } from "../artifact_store.ts";
import { FileUnwritable, GrowingFile, WrongBytes } from "./growing_file.ts";
import { DamagedArtifact, storageError } from "../storage_error.ts";
import { verifiedArtifact } from "./verified_artifact.ts";

/** The artifact of a key, unverified; undefined if there is none. `attempt` is 0, or 1 after one that broke off. */
export type ArtifactSource = (key: string, attempt: number) => Promise<StoredArtifact | undefined>;

/** Where artifacts come from and go to. */
export interface FillParts {
  readonly clock: Pick<Clock, "schedule">;
  readonly source: ArtifactSource;
  /** A path on a local disk that nothing has yet. */
  newFile(): string;
  /** Whether so many bytes may go to the disk; `release` follows before `keep`, or if it failed. */
  reserve(size: number): boolean;
  release(size: number): void;
  /** Gets a complete, verified file. @returns whether it stays there; else it is removed */
  keep(key: string, artifact: ArtifactFile): Promise<boolean> | boolean;
  /** Wrong bytes came, twice, or the source says that they are damaged. */
  onCorrupt?: ((key: string) => void) | undefined;
}

type Outcome = "absent" | "filled" | { first: StoredArtifact | undefined };

/** A source that is slower than this is read while it fills: a client that gets nothing would give up. */
const patienceMs = 1_000;
/** For longer nobody waits for a first byte: the server would cut the connection where it can still say 503. */
const answerMs = 15_000;
const attempts = 2;

/** One artifact on its way to the disk, for everybody who wants it. */
class Fill {
  readonly #key: string;
  readonly #parts: FillParts;
  readonly #signal: AbortSignal;
  readonly #outcome: Promise<Outcome>;
  readonly #slow = Promise.withResolvers<"slow">();
  readonly #late = Promise.withResolvers<"late">();
  readonly ended: Promise<void>;
  #file: GrowingFile | undefined;
  isDropped = false;

  constructor(key: string, parts: FillParts, signal: AbortSignal) {
    this.#key = key;
    this.#parts = parts;
    this.#signal = signal;
    const cancel = parts.clock.schedule(() => this.#late.resolve("late"), answerMs);
    this.#outcome = this.#run().finally(cancel);
    this.ended = this.#outcome.then(
      (outcome) => this.#keep(outcome),
      (error) => this.#failed(error),
    );
  }

  async open(): Promise<StoredArtifact | undefined> {
    const { promise: late } = this.#late;
    const early = await Promise.race([this.#outcome, this.#slow.promise, late]);
    if (early !== "absent") {
      const artifact = this.#file?.open();
      if (artifact) return artifact;
    }
    const outcome = early === "slow" ? await Promise.race([this.#outcome, late]) : early;
    if (outcome === "late") throw storageError(`Cannot read "${this.#key}": no answer in time`);
    return outcome === "absent" ? undefined : await this.#through(outcome);
  }

  /** Removes what was not kept, and closes what nobody took; whoever waited for it has opened it meanwhile. */
  async discard(): Promise<void> {
    const outcome = await this.#outcome.catch(() => undefined);
    if (typeof outcome === "object") outcome.first?.close();
    if (!this.#isKept && this.#file) await Deno.remove(this.#file.artifact.file).catch(() => {});
  }

  #isKept = false;

  async #keep(outcome: Outcome): Promise<void> {
    if (outcome !== "filled" || this.isDropped) return;
    this.#isKept = await this.#parts.keep(this.#key, this.#file!.artifact);
  }

  async #run(): Promise<Outcome> {
    for (let attempt = 0;; attempt++) {
      const artifact = await this.#parts.source(this.#key, attempt);
      if (!artifact) return "absent";
      if (!this.#parts.reserve(artifact.size)) return { first: artifact };
      try {
        await this.#fill(artifact);
        return "filled";
      } catch (error) {
        if (error instanceof FileUnwritable) return { first: undefined };
        if (attempt + 1 === attempts || this.#signal.aborted) throw this.#failure(error);
      } finally {
        this.#parts.release(artifact.size);
      }
    }
  }

  async #fill(artifact: StoredArtifact): Promise<void> {
    const { size } = artifact;
    const digest = artifact.digest ?? digestOfKey(this.#key);
    const cancel = this.#parts.clock.schedule(() => this.#slow.resolve("slow"), patienceMs);
    try {
      this.#file = newGrowingFile({ file: this.#parts.newFile(), size, digest });
      await this.#file.fill(artifact.stream(), this.#signal);
    } catch (error) {
      this.#file = undefined;
      throw error;
    } finally {
      cancel();
      artifact.close();
    }
  }

  /** Past the disk, each on its own; the first has its artifact open already. */
  async #through(outcome: Exclude<Outcome, "absent">): Promise<StoredArtifact | undefined> {
    const first = outcome === "filled" ? undefined : outcome.first;
    if (outcome !== "filled") outcome.first = undefined;
    const artifact = first ?? await this.#parts.source(this.#key, 0);
    if (!artifact) return undefined;
    const digest = artifact.digest ?? digestOfKey(this.#key);
    return verifiedArtifact(artifact, {
      digest,
      wrongBytes: () => wrongBytes(this.#key),
      failed: (error) => this.#failed(error),
    });
  }

  #failed(error: unknown): void {
    if (error instanceof DamagedArtifact) this.#parts.onCorrupt?.(this.#key);
  }

  #failure(error: unknown): unknown {
    if (error instanceof StepError) return error;
    if (!(error instanceof WrongBytes) || this.#signal.aborted) {
      return storageError(`Cannot read "${this.#key}": the connection broke off`, error);
    }
    return wrongBytes(this.#key, error);
  }
}

/** Brings artifacts to a local disk, each once however many want it, and gives them away only if they have their digest. */
export class ArtifactFills {
  readonly #parts: FillParts;
  readonly #fills = new Map<string, Fill>();
  /** Also those that were dropped. */
  readonly #running = new Set<Promise<void>>();
  readonly #closed = new AbortController();

  constructor(parts: FillParts) {
    this.#parts = parts;
  }

  /**
   * @param source if it is not on its way yet, where to get it from
   * @throws {StepError} class `storage` if the bytes cannot be had, or are wrong
   */
  async open(
    key: string,
    source: ArtifactSource = this.#parts.source,
  ): Promise<StoredArtifact | undefined> {
    if (!parseArtifactKey(key)) return undefined;
    return await (this.#fills.get(key) ?? this.#begin(key, source)).open();
  }

  /** Resolves when what is on its way has been kept, or has failed. */
  async settled(key: string): Promise<void> {
    await this.#fills.get(key)?.ended;
  }

  /** What is on its way is not to be kept; who reads it may read on. */
  drop(key: string): void {
    const fill = this.#fills.get(key);
    if (fill) fill.isDropped = true;
    this.#fills.delete(key);
  }

  /** Gives up what is on its way. */
  async close(): Promise<void> {
    this.#closed.abort();
    await Promise.all(this.#running);
  }

  #begin(key: string, source: ArtifactSource): Fill {
    const fill = new Fill(key, { ...this.#parts, source }, this.#closed.signal);
    this.#fills.set(key, fill);
    const running = fill.ended.finally(() => {
      if (this.#fills.get(key) === fill) this.#fills.delete(key);
    }).then(turnOfLoop).then(() => fill.discard());
    this.#running.add(running);
    running.finally(() => this.#running.delete(running));
    return fill;
  }
}

function digestOfKey(key: string): string {
  return digestOf(parseArtifactKey(key)!.hex);
}

function newGrowingFile(artifact: ArtifactFile): GrowingFile {
  try {
    return new GrowingFile(artifact);
  } catch (cause) {
    throw new FileUnwritable("the disk does not take a file", { cause });
  }
}

function wrongBytes(key: string, cause?: unknown): DamagedArtifact {
  const message = `Cannot read "${key}": the store gives other bytes than were put`;
  return new DamagedArtifact(message, cause);
}

/** Until then everybody who waited has had a turn. */
function turnOfLoop(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
