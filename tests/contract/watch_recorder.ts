import assert from "node:assert/strict";
import type { ExternalArtifact } from "../../src/core/external_artifact.ts";
import type { ExternalSource } from "../../src/core/external_source.ts";
import { type SourceKey, sourceKey, splitSourceKey } from "../../src/core/source_key.ts";
import type { ObjectChange, Objects, SyncState, WatchedKind } from "../../src/objects/objects.ts";
import type { ObjectsHarness } from "./objects_harness.ts";

const deadlineMs = 15_000;
/** How often a condition is looked at that no change tells of, such as the state of a cache. */
const lookMs = 10;

/** A change, and the state of its cache when it was told. */
export interface RecordedChange extends ObjectChange {
  readonly state: SyncState;
}

/**
 * Watches the objects of a harness, keeps what is told of its namespace and checks the laws that hold for every change:
 * `before` is the `after` of the change before it, and the cache has what is told.
 */
export class WatchRecorder {
  readonly changes: RecordedChange[] = [];
  readonly #objects: Objects;
  readonly #namespace: string;
  readonly #violations: string[] = [];
  readonly #last = new Map<string, ObjectChange["after"]>();
  readonly #abort = new AbortController();
  readonly #ended: Promise<void>;
  #wake: () => void = () => {};

  constructor({ objects, namespace }: Pick<ObjectsHarness, "objects" | "namespace">) {
    this.#objects = objects;
    this.#namespace = namespace;
    this.#ended = objects.watch((change) => this.#record(change), this.#abort.signal);
  }

  /** Resolves when both caches are synced. */
  synced(): Promise<void> {
    const { sources, artifacts } = this.#objects;
    return this.until(
      () => sources.state === "synced" && artifacts.state === "synced",
      "both caches are synced",
    );
  }

  /** Resolves once `holds`, which is asked anew with each change. */
  async until(holds: () => boolean, what: string): Promise<void> {
    const deadline = Date.now() + deadlineMs;
    while (!holds()) {
      if (Date.now() > deadline) {
        assert.fail(`after ${deadlineMs} ms not: ${what}; told: ${this.#story()}`);
      }
      await this.#nextLook();
    }
  }

  /** The cached source of a name, once it is as wanted. */
  async source(
    name: string,
    wanted: (source: ExternalSource) => boolean = () => true,
  ): Promise<ExternalSource> {
    const read = () => this.#objects.sources.get(this.key(name));
    await this.until(() => isWanted(read(), wanted), `ExternalSource ${name} is as wanted`);
    return read()!;
  }

  /** The cached ExternalArtifact of a name, once it is as wanted. */
  async artifact(
    name: string,
    wanted: (artifact: ExternalArtifact) => boolean = () => true,
  ): Promise<ExternalArtifact> {
    const read = () => this.#objects.artifacts.get(this.key(name));
    await this.until(() => isWanted(read(), wanted), `ExternalArtifact ${name} is as wanted`);
    return read()!;
  }

  key(name: string): SourceKey {
    return sourceKey({ namespace: this.#namespace, name });
  }

  changesOf(kind: WatchedKind, name: string): RecordedChange[] {
    const key = this.key(name);
    return this.changes.filter((change) => change.kind === kind && change.key === key);
  }

  /** Ends the watch and fails if a law was broken. Idempotent. */
  async stop(): Promise<void> {
    this.#abort.abort();
    await this.#ended;
    assert.deepEqual(this.#violations, []);
  }

  #record(change: ObjectChange): void {
    if (splitSourceKey(change.key).namespace !== this.#namespace) return;
    const cache = change.kind === "ExternalSource"
      ? this.#objects.sources
      : this.#objects.artifacts;
    const id = `${change.kind} ${change.key}`;
    this.#check(cache.get(change.key) === change.after, `${id}: the cache is not what was told`);
    this.#check(this.#last.get(id) === change.before, `${id}: before is not the last after`);
    const something = change.before !== undefined || change.after !== undefined;
    this.#check(something, `${id}: a change of nothing`);
    this.#last.set(id, change.after);
    this.changes.push({ ...change, state: cache.state });
    this.#wake();
  }

  #check(holds: boolean, violation: string): void {
    if (!holds) this.#violations.push(violation);
  }

  #nextLook(): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, lookMs);
      this.#wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }

  #story(): string {
    const words = this.changes.map(({ kind, key, before, after }) => {
      const verb = before === undefined ? "new" : after === undefined ? "gone" : "changed";
      return `${kind} ${key} ${verb}`;
    });
    return words.join(", ") || "nothing";
  }
}

function isWanted<T>(object: T | undefined, wanted: (object: T) => boolean): boolean {
  return object !== undefined && wanted(object);
}
