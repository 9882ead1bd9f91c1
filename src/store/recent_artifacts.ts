import type { Clock } from "../core/clock.ts";
import type { ArtifactStore, StoredArtifact } from "./artifact_store.ts";
import { bytesArtifact } from "./bytes_artifact.ts";

const maxArtifactBytes = 128 * 1024;
const maxBytes = 4 * 1024 * 1024;
const maxKeys = 1_024;
const maxAgeMs = 5_000;

interface Recent {
  /** Of the first download without the bytes, or of the reading of the bytes. */
  readonly at: number;
  readonly bytes?: Uint8Array;
}

/** What {@linkcode RecentArtifacts} needs of a store and a clock. */
export interface RecentArtifactsParts {
  readonly store: Pick<ArtifactStore, "open">;
  readonly clock: Pick<Clock, "now">;
}

/**
 * Opens artifacts for downloads, and small ones that are downloaded again within 5 s from memory, at most 4 MiB: every
 * consumer of a source comes at the moment of a new revision, and opening a file is half the cost of sending it. A key
 * always means the same bytes, so at worst an artifact is served for 5 s after it was deleted.
 */
export class RecentArtifacts {
  readonly #parts: RecentArtifactsParts;
  readonly #recent = new Map<string, Recent>();
  #bytes = 0;

  constructor(parts: RecentArtifactsParts) {
    this.#parts = parts;
  }

  /** As {@linkcode ArtifactStore.open}. */
  async open(key: string): Promise<StoredArtifact | undefined> {
    const recent = this.#recent.get(key);
    const isFresh = recent !== undefined && this.#parts.clock.now() - recent.at < maxAgeMs;
    if (isFresh && recent.bytes) return bytesArtifact(recent.bytes);
    const artifact = await this.#parts.store.open(key);
    if (!artifact || artifact.size > maxArtifactBytes) return artifact;
    if (!isFresh) {
      this.#remember(key, undefined);
      return artifact;
    }
    if (!this.#hasRoom(artifact.size)) return artifact;
    const bytes = await readWhole(artifact);
    this.#remember(key, bytes);
    return bytesArtifact(bytes);
  }

  #remember(key: string, bytes: Uint8Array | undefined): void {
    this.#forget(key);
    this.#recent.set(key, { at: this.#parts.clock.now(), ...(bytes ? { bytes } : {}) });
    this.#bytes += bytes?.length ?? 0;
    for (const oldest of this.#recent.keys()) {
      if (this.#bytes <= maxBytes && this.#recent.size <= maxKeys) break;
      this.#forget(oldest);
    }
  }

  /** Where more is downloaded at once than fits, what is here stays: else each would push out the next one that is wanted. */
  #hasRoom(size: number): boolean {
    const stale = this.#parts.clock.now() - maxAgeMs;
    for (const [key, { at }] of this.#recent) {
      if (at > stale) break;
      this.#forget(key);
    }
    return this.#bytes + size <= maxBytes;
  }

  #forget(key: string): void {
    this.#bytes -= this.#recent.get(key)?.bytes?.length ?? 0;
    this.#recent.delete(key);
  }
}

/** @throws {Error} if the file has become shorter */
async function readWhole(artifact: StoredArtifact): Promise<Uint8Array> {
  const bytes = new Uint8Array(artifact.size);
  let at = 0;
  try {
    for await (const piece of artifact.stream()) {
      bytes.set(piece, at);
      at += piece.length;
    }
  } finally {
    artifact.close();
  }
  if (at < bytes.length) throw new Error("Cannot read an artifact: it has become shorter");
  return bytes;
}
