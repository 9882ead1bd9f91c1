import type { ObjectMeta } from "../../core/object_meta.ts";
import { type NamespacedName, type SourceKey, sourceKey } from "../../core/source_key.ts";
import { ConflictError, NotFoundError, type ObjectCache, type SyncState } from "../objects.ts";

/** Told of each change of what a watcher sees. */
export type TableListener<T> = (
  key: SourceKey,
  before: T | undefined,
  after: T | undefined,
) => void;

/** The objects of one kind as an API server would hold them, and beside them what a watch has told of them. */
export class ObjectTable<T extends { readonly metadata: ObjectMeta }> {
  readonly #objects = new Map<SourceKey, T>();
  readonly #told = new Map<SourceKey, T>();
  #listener: TableListener<T> | undefined;
  #state: SyncState = "waiting";

  /** What a watch has told. */
  readonly cache: ObjectCache<T>;

  constructor() {
    const told = this.#told;
    const state = () => this.#state;
    this.cache = {
      get: (key) => told.get(key),
      keys: () => told.keys(),
      get size() {
        return told.size;
      },
      get state() {
        return state();
      },
    };
  }

  /** Tells everything that was not told yet, and from now on each change at once. */
  listen(listener: TableListener<T>): void {
    this.#listener = listener;
    for (const key of new Set([...this.#told.keys(), ...this.#objects.keys()])) this.#tell(key);
    this.#state = "synced";
  }

  unlisten(): void {
    this.#listener = undefined;
  }

  find(name: NamespacedName): T | undefined {
    return this.#objects.get(sourceKey(name));
  }

  values(): T[] {
    return [...this.#objects.values()];
  }

  put(object: T): T {
    const key = sourceKey(object.metadata);
    this.#objects.set(key, object);
    this.#tell(key);
    return object;
  }

  delete(name: NamespacedName): void {
    const key = sourceKey(name);
    this.#objects.delete(key);
    this.#tell(key);
  }

  /**
   * The object as it is, if a write that was computed from `view` may change it.
   *
   * @throws {NotFoundError} if it is gone
   * @throws {ConflictError} if it is not the one that was seen
   */
  current(view: T): T {
    const { namespace, name, resourceVersion } = view.metadata;
    const now = this.find(view.metadata);
    if (!now) throw new NotFoundError(`Cannot write "${namespace}/${name}": it does not exist`);
    if (now.metadata.resourceVersion === resourceVersion) return now;
    throw new ConflictError(`Cannot write "${namespace}/${name}": it has changed since`);
  }

  #tell(key: SourceKey): void {
    if (!this.#listener) return;
    const [before, after] = [this.#told.get(key), this.#objects.get(key)];
    if (before === after) return;
    if (after) this.#told.set(key, after);
    else this.#told.delete(key);
    this.#listener(key, before, after);
  }
}
