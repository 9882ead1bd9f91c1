import type { ObjectMeta } from "../src/core/object_meta.ts";
import { type NamespacedName, type SourceKey, sourceKey } from "../src/core/source_key.ts";
import {
  ConflictError,
  NotFoundError,
  type ObjectCache,
  type ObjectChange,
  type SyncState,
  type WatchedKind,
} from "../src/objects/objects.ts";

type Stored = NonNullable<ObjectChange["after"]>;

/** As JSON carries it, so that nobody shares a value and `undefined` is dropped. */
const copyOf = <T>(object: T): T => JSON.parse(JSON.stringify(object));

/** The objects of one kind: what a server would hold, and the cache that a watch fills from it. */
export class MemoryTable<T extends Stored> implements ObjectCache<T> {
  /** Whether the kind is known to the server. */
  isInstalled = true;
  readonly #kind: WatchedKind;
  readonly #isWatched: (metadata: ObjectMeta) => boolean;
  readonly #live = new Map<SourceKey, T>();
  readonly #cached = new Map<SourceKey, T>();
  #listener: ((change: ObjectChange) => void) | undefined;
  #state: SyncState = "waiting";

  constructor(kind: WatchedKind, isWatched: (metadata: ObjectMeta) => boolean = () => true) {
    this.#kind = kind;
    this.#isWatched = isWatched;
  }

  get(key: SourceKey): T | undefined {
    return this.#cached.get(key);
  }

  keys(): IterableIterator<SourceKey> {
    return this.#cached.keys();
  }

  get size(): number {
    return this.#cached.size;
  }

  get state(): SyncState {
    return this.isInstalled ? this.#state : "not-installed";
  }

  /** A watch begins: what is there is told first. */
  open(listener: (change: ObjectChange) => void): void {
    this.#listener = listener;
    for (const [key, object] of this.#live) this.#show(key, object);
    this.#state = "synced";
  }

  close(): void {
    this.#listener = undefined;
  }

  live(key: SourceKey): T | undefined {
    return this.#live.get(key);
  }

  /** The object that a write computed from `metadata` changes. */
  checked({ namespace, name, uid, resourceVersion }: ObjectMeta): T {
    const key = sourceKey({ namespace, name });
    const live = this.#live.get(key);
    if (!live) throw new NotFoundError(`Cannot write ${this.#kind} "${key}": it does not exist`);
    if (live.metadata.uid === uid && live.metadata.resourceVersion === resourceVersion) return live;
    throw new ConflictError(`Cannot write ${this.#kind} "${key}": it has changed`);
  }

  create(object: T): T {
    const key = sourceKey(object.metadata);
    if (!this.#live.has(key)) return this.put(object);
    throw new ConflictError(`Cannot create ${this.#kind} "${key}": it exists`);
  }

  put(object: T): T {
    const key = sourceKey(object.metadata);
    const copy = copyOf(object);
    this.#live.set(key, copy);
    this.#show(key, copy);
    return copy;
  }

  remove(name: NamespacedName): void {
    const key = sourceKey(name);
    this.#live.delete(key);
    this.#show(key, undefined);
  }

  #show(key: SourceKey, live: T | undefined): void {
    if (!this.#listener) return;
    const before = this.#cached.get(key);
    const after = live && this.#isWatched(live.metadata) ? live : undefined;
    if (!before && !after) return;
    if (after) this.#cached.set(key, after);
    else this.#cached.delete(key);
    this.#listener({ kind: this.#kind, key, before, after });
  }
}
