import type { Artifact } from "../core/artifact.ts";
import { parseArtifactKey } from "../core/artifact_key.ts";
import { type SourceKey, sourceKey } from "../core/source_key.ts";
import type { LostArtifact } from "../reconcile/repair_artifact.ts";
import { scrubOne } from "../reconcile/scrub_round.ts";
import { restoreArtifact } from "../store/restore_artifact.ts";
import type { KeepStoreParts } from "./keep_store.ts";
import type { OperatorParts } from "./operator_parts.ts";

/** What repairs need of the operator. */
export interface StoreRepairsParts {
  readonly operator: OperatorParts;
  /** Milliseconds to wait after so many failures in a row. */
  readonly backoff: (failures: number) => number;
  readonly newSpoolFile: () => string;
  /** Has a source fetched at once. */
  readonly fetch: (key: SourceKey) => void;
}

/** Makes up for what a store has lost or altered. */
export class StoreRepairs {
  readonly #parts: StoreRepairsParts;
  /** Artifact keys that are looked at because their bytes were wrong. */
  readonly #mending = new Set<string>();
  /** Sources whose artifact a restart has lost, and which are fetched for it, spread. */
  readonly #lost = new Set<SourceKey>();
  readonly #signal: AbortSignal;

  /** @param signal ends every repair */
  constructor(parts: StoreRepairsParts, signal: AbortSignal) {
    this.#parts = parts;
    this.#signal = signal;
  }

  /** A restart has lost the artifact of a source. */
  lose(key: SourceKey): void {
    this.#lost.add(key);
  }

  /** Whether it has, and nobody has looked after it since. */
  isLost(key: SourceKey): boolean {
    return this.#lost.has(key);
  }

  /** It has been looked after since. */
  found(key: SourceKey): void {
    this.#lost.delete(key);
  }

  /** The store gave other bytes under a key than were put there: they are looked at now, and mended. */
  mend(artifactKey: string): void {
    const parts = parseArtifactKey(artifactKey);
    if (!parts || this.#mending.has(artifactKey)) return;
    this.#mending.add(artifactKey);
    const { onProblem } = this.#parts.operator;
    scrubOne(sourceKey(parts), { ...this.scrub(), signal: this.#signal, known: new Map() })
      .catch((error) => onProblem(`mend "${artifactKey}"`, error))
      .finally(() => this.#mending.delete(artifactKey));
  }

  /** How the store is compared with what is published. */
  scrub(): KeepStoreParts["scrub"] {
    const { operator, backoff } = this.#parts;
    const { objects, bareStore, role, clock, settings } = operator;
    const { random, onProblem, onRepair, recordEvent } = operator;
    return {
      ...{ objects, settings, clock, random, onProblem, onRepair, recordEvent, backoff },
      store: bareStore,
      recover: (artifact) => this.#recover(artifact),
      owns: (source) => role.members.owns(source.metadata.uid),
      holdsCopies: !role.isStoreShared,
      isAwaited: (key) => !role.isStoreDurable && this.#lost.has(key),
      onLost: (key, lost) => this.#restore(key, lost),
    };
  }

  /** Gets an artifact that the store has lost from elsewhere. */
  async #recover(artifact: Artifact): Promise<boolean> {
    const { operator: { stages: { copies, store } }, newSpoolFile: newFile } = this.#parts;
    if (await copies.recover(artifact)) return true;
    return await restoreArtifact(artifact, { store, newFile, signal: this.#signal });
  }

  /**
   * Has an artifact fetched that nobody has; what a restart has lost is fetched anyway. If the source becomes ours only later,
   * its first reconcile then finds nothing in the store.
   */
  async #restore(
    key: SourceKey,
    { source, artifact: { path, size } }: LostArtifact,
  ): Promise<void> {
    const { operator: { stages: { store }, bareStore, role }, fetch } = this.#parts;
    // Nothing was put before 1970: this deletes nothing, but what remembers that it is stored forgets that.
    await store.delete(path, { putBefore: 0 });
    if (this.#lost.has(key) || !role.members.owns(source.metadata.uid)) return;
    // What a restart has lost may have been fetched since it was looked at.
    if ((await bareStore.stat(path))?.size !== size) fetch(key);
  }
}
