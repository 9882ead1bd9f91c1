import type { ExternalArtifact, ExternalArtifactStatus } from "../core/external_artifact.ts";
import type { ExternalSource, ExternalSourceStatus } from "../core/external_source.ts";
import type { ObjectEvent } from "../core/object_event.ts";
import type { OwnerReference } from "../core/object_meta.ts";
import type { Secret } from "../core/secret.ts";
import type { NamespacedName, SourceKey } from "../core/source_key.ts";

/** The kinds that are watched. */
export type WatchedKind = "ExternalSource" | "ExternalArtifact";

/** Whether a kind's cache can be relied on. A kind that is not installed counts as synced (DESIGN §8). */
export type SyncState = "waiting" | "synced" | "not-installed";

/** A change of the cache, told after the cache has it. Also told for every object of the first list. */
export interface ObjectChange {
  readonly kind: WatchedKind;
  readonly key: SourceKey;
  /** What the cache held before; undefined if the object is new. */
  readonly before: ExternalSource | ExternalArtifact | undefined;
  /** What the cache holds now; undefined if the object is gone. */
  readonly after: ExternalSource | ExternalArtifact | undefined;
}

/** A read-only view of the cached objects of one kind; reads never block and never reach the API server. */
export interface ObjectCache<T> {
  get(key: SourceKey): T | undefined;
  keys(): IterableIterator<SourceKey>;
  readonly size: number;
  readonly state: SyncState;
}

/** What an ExternalArtifact is to be, without its status. */
export interface ExternalArtifactWrite extends NamespacedName {
  readonly labels: Readonly<Record<string, string>>;
  /** Merged into the existing annotations; never removes a foreign one. */
  readonly annotations: Readonly<Record<string, string>>;
  readonly ownerReferences: readonly OwnerReference[];
  readonly spec: ExternalArtifact["spec"];
}

/** A write lost against another one: the object's resourceVersion is not the one the write was made for. */
export class ConflictError extends Error {
  override readonly name = "ConflictError";
}

/** The object to be written does not exist (any more), or its namespace is being deleted. */
export class NotFoundError extends Error {
  override readonly name = "NotFoundError";
}

/** The kind is not known to the API server. */
export class KindNotInstalledError extends Error {
  override readonly name = "KindNotInstalledError";
}

/**
 * Why an API server that can be reached will most likely say no again: `forbidden`, nobody gave us the right to it;
 * `invalid`, the object does not pass its checks.
 */
export type Refusal = "forbidden" | "invalid";

/** What an {@linkcode ObjectsUnavailableError} carries beside its message. */
export interface ObjectsUnavailableDetails {
  readonly cause?: unknown;
  /** Milliseconds that the API server asked for. */
  readonly retryAfterMs?: number;
  readonly refusal?: Refusal;
}

/** The API server refused the call or could not be reached. */
export class ObjectsUnavailableError extends Error {
  override readonly name = "ObjectsUnavailableError";
  readonly retryAfterMs: number | undefined;
  /** Undefined if it is worth while to try again soon. */
  readonly refusal: Refusal | undefined;
  constructor(message: string, details: ObjectsUnavailableDetails = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.retryAfterMs = details.retryAfterMs;
    this.refusal = details.refusal;
  }
}

/**
 * The port through which the operator sees objects, with two adapters: `kube/` (an API server) and `local/` (a
 * directory of YAML). One contract suite, `tests/contract/objects.ts`, runs over both.
 *
 * Every write takes the object it was computed from and carries its resourceVersion, so that a write made from an old
 * view loses with a {@linkcode ConflictError}. Writes return the object as the server has it now; the cache shows it at
 * the latest when the watch delivers it, and never goes back to an older one.
 */
export interface Objects {
  readonly sources: ObjectCache<ExternalSource>;
  readonly artifacts: ObjectCache<ExternalArtifact>;

  /**
   * Lists and watches until `signal` aborts; never rejects for a failure of the API server, which it outlives.
   * `onChange` must not throw. Resolves when watching has ended and nothing of it is left.
   */
  watch(onChange: (change: ObjectChange) => void, signal: AbortSignal): Promise<void>;

  /** Reads past the cache; undefined if the object is gone (404). Any other failure is thrown. */
  readSource(name: NamespacedName): Promise<ExternalSource | undefined>;
  readArtifact(name: NamespacedName): Promise<ExternalArtifact | undefined>;

  /**
   * Reads a Secret; undefined if there is none. Not cached: Secrets are only ever `get`.
   *
   * @throws {ObjectsUnavailableError} with refusal `forbidden` if we may not read it
   */
  readSecret(name: NamespacedName): Promise<Secret | undefined>;

  /** Replaces `status` of a source; fields that are not in `status` are removed. */
  writeSourceStatus(source: ExternalSource, status: ExternalSourceStatus): Promise<ExternalSource>;

  /** Removes one finalizer from a source. */
  removeFinalizer(source: ExternalSource, finalizer: string): Promise<void>;

  /** Creates an ExternalArtifact (POST). @throws {ConflictError} if one exists */
  createArtifact(artifact: ExternalArtifactWrite): Promise<ExternalArtifact>;

  /**
   * Makes spec, our label and owner reference of an existing ExternalArtifact as wanted; foreign labels, annotations
   * and owners stay. Field managers of the Go implementation (`manager`) are removed.
   */
  updateArtifact(
    existing: ExternalArtifact,
    wanted: ExternalArtifactWrite,
  ): Promise<ExternalArtifact>;

  /** Replaces `status` of an ExternalArtifact; fields that are not in `status` are removed. */
  writeArtifactStatus(
    existing: ExternalArtifact,
    status: ExternalArtifactStatus,
  ): Promise<ExternalArtifact>;

  /** Records an event. Never rejects: an event that cannot be written is dropped and counted. */
  recordEvent(event: ObjectEvent): Promise<void>;
}
