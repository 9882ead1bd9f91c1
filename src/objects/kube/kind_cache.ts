import { type SourceKey, sourceKey } from "../../core/source_key.ts";
import type { ObjectCache, ObjectChange, SyncState, WatchedKind } from "../objects.ts";
import type { ObjectMeta } from "../../core/object_meta.ts";
import { compareResourceVersions } from "./resource_version.ts";
import type { WatchedObject } from "./watched_object.ts";

const isNewer = (left: string, right: string) => compareResourceVersions(left, right) > 0;

/**
 * The objects of one kind as last heard of, by three ways that overtake each other: lists, the watch and the answers to
 * our own writes. Laws:
 *
 * - An object never goes back to an older resourceVersion, and one resourceVersion is told once.
 * - Whatever the watch has told up to `position` is final: an answer from before it brings nothing back.
 * - The end of a list removes what it did not name, unless that is newer than the list.
 * - A list older than what was known before it started means that the store was restored from a backup; it then replaces
 *   everything.
 */
export class KindCache<T extends WatchedObject> implements ObjectCache<T> {
  readonly #kind: WatchedKind;
  readonly #objects = new Map<SourceKey, T>();
  #state: SyncState = "waiting";
  #position: string | undefined;
  /** The newest resourceVersion ever heard of. */
  #newest = "0";
  #onChange: (change: ObjectChange) => void = () => {};

  constructor(kind: WatchedKind) {
    this.#kind = kind;
  }

  get(key: SourceKey): T | undefined {
    return this.#objects.get(key);
  }

  keys(): IterableIterator<SourceKey> {
    return this.#objects.keys();
  }

  get size(): number {
    return this.#objects.size;
  }

  get state(): SyncState {
    return this.#state;
  }

  /** The resourceVersion up to which the watch has told everything; undefined before the first list or when it is lost. */
  get position(): string | undefined {
    return this.#position;
  }

  set onChange(listener: (change: ObjectChange) => void) {
    this.#onChange = listener;
  }

  /** A list begins; what it brings goes into the returned object. */
  beginList(): CacheList<T> {
    const known = this.#newest;
    const named = new Set<SourceKey>();
    return {
      add: (object, listed) => {
        const key = sourceKey(object.metadata);
        named.add(key);
        const cached = this.#objects.get(key);
        const { resourceVersion } = object.metadata;
        const isRewound = isNewer(known, listed);
        const isChange = !cached || isNewer(resourceVersion, cached.metadata.resourceVersion) ||
          (isRewound && resourceVersion !== cached.metadata.resourceVersion);
        if (isChange) this.#put(key, object);
      },
      keep: (key) => void named.add(key),
      end: (listed) => {
        const isRewound = isNewer(known, listed);
        for (const [key, { metadata }] of this.#objects) {
          const isGone = isRewound || !isNewer(metadata.resourceVersion, listed);
          if (isGone && !named.has(key)) this.#remove(key);
        }
        if (isRewound) this.#newest = listed;
        this.advance(listed);
        this.#state = "synced";
      },
    };
  }

  /** The watch has told everything up to here (a bookmark). */
  advance(resourceVersion: string): void {
    this.#position = resourceVersion;
    this.#hear(resourceVersion);
  }

  /** The watch told of a new or changed object. */
  putWatched(object: T): void {
    const { resourceVersion } = object.metadata;
    const key = sourceKey(object.metadata);
    const cached = this.#objects.get(key);
    if (!cached || isNewer(resourceVersion, cached.metadata.resourceVersion)) {
      this.#put(key, object);
    }
    this.advance(resourceVersion);
  }

  /** The watch told that an object is gone, or does not match the selector any more. */
  removeWatched({ name, namespace, uid, resourceVersion }: ObjectMeta): void {
    const key = sourceKey({ namespace, name });
    const cached = this.#objects.get(key)?.metadata;
    // Another uid and newer: our own POST has already made its successor. The same uid goes even if our write is newer,
    // because then it left the selector before that write.
    const isSuccessor = cached && cached.uid !== uid &&
      isNewer(cached.resourceVersion, resourceVersion);
    if (cached && !isSuccessor) this.#remove(key);
    this.advance(resourceVersion);
  }

  /** The answer to our own change of an object. One that is not cached is not in our scope, or gone. */
  putUpdated(object: T): void {
    const key = sourceKey(object.metadata);
    const cached = this.#objects.get(key)?.metadata;
    const { uid, resourceVersion } = object.metadata;
    if (cached?.uid === uid && isNewer(resourceVersion, cached.resourceVersion)) {
      this.#put(key, object);
    }
  }

  /** The answer to our own POST. */
  putCreated(object: T): void {
    const key = sourceKey(object.metadata);
    const { resourceVersion } = object.metadata;
    const cached = this.#objects.get(key)?.metadata.resourceVersion;
    const told = cached ?? this.#position;
    if (told === undefined || isNewer(resourceVersion, told)) this.#put(key, object);
  }

  /** The watch cannot go on from where it was: the next thing must be a list. */
  losePosition(): void {
    this.#position = undefined;
  }

  /** The kind is not known to the API server, so there are no objects of it. */
  setNotInstalled(): void {
    this.#state = "not-installed";
    this.#position = undefined;
    for (const key of this.#objects.keys()) this.#remove(key);
  }

  #put(key: SourceKey, after: T): void {
    const before = this.#objects.get(key);
    this.#objects.set(key, after);
    this.#hear(after.metadata.resourceVersion);
    this.#onChange({ kind: this.#kind, key, before, after });
  }

  #remove(key: SourceKey): void {
    const before = this.#objects.get(key);
    this.#objects.delete(key);
    this.#onChange({ kind: this.#kind, key, before, after: undefined });
  }

  #hear(resourceVersion: string): void {
    if (isNewer(resourceVersion, this.#newest)) this.#newest = resourceVersion;
  }
}

/** One list, page by page. */
export interface CacheList<T> {
  /** @param listed the resourceVersion of the list */
  add(object: T, listed: string): void;
  /** An object is there, but what it is now cannot be read. */
  keep(key: SourceKey): void;
  end(listed: string): void;
}
