import type { ByteRange } from "../artifact_store.ts";

/** Bytes of every chunk but the last of an artifact. Redis keeps and sends one as a whole. */
export const chunkBytes = 256 * 1024;

/** How many chunks an artifact of this many bytes has. */
export function countChunks(size: number): number {
  return Math.ceil(size / chunkBytes);
}

/** Which bytes of an artifact are in a chunk. */
export function chunkRange(index: number, size: number): ByteRange {
  return { start: index * chunkBytes, end: Math.min((index + 1) * chunkBytes, size) };
}

/** The chunk that holds the byte at a position. */
export function chunkAt(position: number): number {
  return Math.floor(position / chunkBytes);
}

/**
 * The names under which Redis keeps things. What stands in braces decides in a cluster on which node a key lies (Redis
 * Cluster specification, "Hash tags"): all keys of one artifact lie together, so that one script changes them at once.
 */
export class RedisNames {
  readonly #prefix: string;

  /** @param prefix without braces */
  constructor(prefix: string) {
    this.#prefix = prefix;
  }

  /** A hash: what is known of an artifact, and which upload holds its bytes. */
  artifact(key: string): string {
    return `${this.#prefix}{${key}}`;
  }

  /** A string: some bytes of an upload. The scripts build the same name. */
  chunk(key: string, upload: string, index: number): string {
    return `${this.artifact(key)}:${upload}:${index}`;
  }

  /** A sorted set of all keys, each with the score 0, which makes Redis order them by their bytes. */
  get index(): string {
    return `${this.#prefix}{index}`;
  }

  /** A sorted set of the keys that were entered into the index a short time ago; the score is when. */
  get announced(): string {
    return `${this.#prefix}{index}:announced`;
  }

  mark(name: string): string {
    return `${this.#prefix}mark:${name}`;
  }
}
