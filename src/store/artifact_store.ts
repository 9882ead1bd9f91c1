/** A half-open range of bytes. */
export interface ByteRange {
  readonly start: number;
  readonly end: number;
}

/** What a store knows of a key without reading it. */
export interface StoredInfo {
  readonly key: string;
  /** Bytes. */
  readonly size: number;
  /** When it was last put, in milliseconds since the Unix epoch. */
  readonly lastPut: number;
}

/** An open artifact: the bytes it had when it was opened, whatever happens to the key meanwhile. */
export interface StoredArtifact {
  readonly size: number;
  /** `sha256:` of the bytes as they were put, where the store keeps it beside them; what is read need not have it. */
  readonly digest?: string;
  /**
   * The bytes, or a range of them: exactly as many, or an error. At most one call; the stream closes what it holds when it
   * ends or is cancelled.
   */
  stream(range?: ByteRange): ReadableStream<Uint8Array>;
  /**
   * Fills `into`, or a part of it, with the bytes from `position` on and returns how many; 0 only at the end. The server
   * prefers it to `stream`: it costs a third of the CPU, most of all where a number comes at once instead of a promise,
   * which is allowed where that cannot block for long. Never while another call is under way, nor after `stream`.
   */
  read?(into: Uint8Array, position: number): number | Promise<number>;
  /** Releases it if `stream` is not called. Harmless afterwards. */
  close(): void;
}

/** A packed artifact on disk that is to be stored. */
export interface ArtifactFile {
  readonly file: string;
  readonly size: number;
  /** `sha256:` of its bytes. */
  readonly digest: string;
}

/** How consumers can get artifacts from the store itself (DESIGN §8, `s3`). */
export interface ArtifactLinks {
  /** A URL that needs no credentials; whether it answers depends on how the store is set up. */
  publicUrl(key: string): string;
  /** A URL that carries its permission and ends after a while. @throws {StepError} class `storage` without credentials */
  signedUrl(key: string, method: "GET" | "HEAD"): Promise<string>;
  /**
   * Whether anybody can read under a `publicUrl`, as a probe object shows that it writes; undefined if no clear answer came.
   *
   * @throws {StepError} class `storage` if the probe cannot be written
   */
  anonymousRead(): Promise<boolean | undefined>;
}

/**
 * Where artifacts are kept. One contract suite, `tests/contract/store.ts`, runs over every store.
 *
 * A key always means the same bytes, so no correctness rests on a lock and every method may run at any time, twice, in
 * several processes. Failures are a `StepError` of class `storage`; `undefined` means "there is none" and nothing else.
 */
export interface ArtifactStore {
  /**
   * Stores a file durably: afterwards a crash of this process or of the machine loses nothing, and at no time does a
   * reader see a part. Of a key that exists it checks size and digest, repairs what differs and refreshes `lastPut`.
   *
   * @throws {TypeError} if `key` is no artifact key
   * @throws {Error} if the file does not hold the bytes that are announced: a bug, which no other try would mend
   */
  put(key: string, artifact: ArtifactFile): Promise<void>;
  /** The artifact, or undefined if there is none. */
  open(key: string): Promise<StoredArtifact | undefined>;
  stat(key: string): Promise<StoredInfo | undefined>;
  /**
   * Removes a key; none is no error. A download that has begun is not cut off.
   *
   * @param condition `putBefore`: only if its last put is older, in milliseconds since the Unix epoch, so that what another
   * process puts again between a look and this call stays
   * @returns whether it is gone
   */
  delete(key: string, condition?: { readonly putBefore: number }): Promise<boolean>;
  /** Every key that begins with `prefix`, in the order of the keys, read in pages: memory does not grow with their number. */
  list(prefix: string): AsyncIterable<StoredInfo>;
  /** Reads the bytes of a key and says whether they have that digest; false if there is no such key. */
  verify(key: string, digest: string): Promise<boolean>;
  /**
   * The text of a mark: a note about the store itself, never listed; undefined if there is none. Whatever is in its place
   * comes back, cut off at a length that no mark has.
   *
   * @throws {TypeError} if `name` is no name of a mark (`mark_name.ts`)
   */
  readMark(name: string): Promise<string | undefined>;
  /**
   * Writes a mark, durably and in one piece. Without `replace` one that exists stays as it is: of several writers one
   * wins, and whoever reads afterwards learns which.
   *
   * @throws {TypeError} if `name` is no name of a mark
   */
  writeMark(name: string, text: string, options: { readonly replace: boolean }): Promise<void>;
  close(): Promise<void>;
  /** Undefined if consumers can only get artifacts from the artifact server. */
  readonly links?: ArtifactLinks | undefined;
}
