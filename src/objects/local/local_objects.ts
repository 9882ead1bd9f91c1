// deno-lint-ignore-file require-await -- writes go to memory, and what they throw must be a rejection
import { isDeepStrictEqual } from "node:util";
import { externalArtifactKind, externalSourceKind } from "../../core/api_names.ts";
import type { Clock } from "../../core/clock.ts";
import type { ExternalArtifact, ExternalArtifactStatus } from "../../core/external_artifact.ts";
import type { ExternalSource, ExternalSourceStatus } from "../../core/external_source.ts";
import type { ObjectEvent } from "../../core/object_event.ts";
import type { ObjectMeta, OwnerReference } from "../../core/object_meta.ts";
import type { Secret } from "../../core/secret.ts";
import { type NamespacedName, type SourceKey, sourceKey } from "../../core/source_key.ts";
import {
  ConflictError,
  type ExternalArtifactWrite,
  NotFoundError,
  type ObjectCache,
  type ObjectChange,
  type Objects,
} from "../objects.ts";
import { Debounce } from "./debounce.ts";
import type { DeclaredMetadata } from "./declared_metadata.ts";
import type { DeclaredSource } from "./declared_source.ts";
import type { FileProblem } from "./file_problem.ts";
import { type FolderContent, ManifestFolder } from "./manifest_folder.ts";
import type { CheckSpec } from "./manifest_content.ts";
import { newMetadata } from "./new_metadata.ts";
import { ObjectTable } from "./object_table.ts";
import { SharedRun } from "./shared_run.ts";
import { watchFolder } from "./watch_folder.ts";

const debounceTimes = { quietMs: 100, atMostMs: 1_000 };
/** A file system without notifications (a network mount, a virtual machine's share) is looked at this often. */
const rescanMs = 10_000;

/** What the adapter of a directory needs. */
export interface LocalObjectsOptions {
  readonly directory: string;
  readonly clock: Clock;
  /** What is wrong with a spec, for messages only: the object is handed over all the same. */
  readonly checkSpec: CheckSpec;
  readonly onProblem: (problem: FileProblem) => void;
  /** Told of each problem of a file that is gone. */
  readonly onSolved?: (problem: FileProblem) => void;
  /** Must not throw. */
  readonly onEvent: (event: ObjectEvent) => void;
}

/**
 * A directory of YAML in the place of an API server: ExternalSources and Secrets come from the files, statuses and
 * ExternalArtifacts live in memory. An ExternalArtifact goes with the source that owns it, as by the garbage collector of a cluster.
 */
export class LocalObjects implements Objects {
  readonly #options: LocalObjectsOptions;
  readonly #folder: ManifestFolder;
  readonly #scans = new SharedRun(() => this.#scan());
  readonly #sources = new ObjectTable<ExternalSource>();
  readonly #artifacts = new ObjectTable<ExternalArtifact>();
  readonly #secrets = new Map<SourceKey, Secret>();
  #content: FolderContent = { sources: new Map(), secrets: new Map() };
  #lastVersion = 0;

  readonly sources: ObjectCache<ExternalSource> = this.#sources.cache;
  readonly artifacts: ObjectCache<ExternalArtifact> = this.#artifacts.cache;

  constructor(options: LocalObjectsOptions) {
    this.#options = options;
    this.#folder = new ManifestFolder(options);
  }

  async watch(onChange: (change: ObjectChange) => void, signal: AbortSignal): Promise<void> {
    if (signal.aborted) return;
    const { clock, directory } = this.#options;
    const rescan = () => void this.#scans.run();
    const debounce = new Debounce(clock, debounceTimes, rescan);
    let cancelRescan = () => {};
    const rescanLater = () => {
      cancelRescan = clock.schedule(() => {
        rescan();
        rescanLater();
      }, rescanMs);
    };
    // Before the first scan, so that no change falls between the two.
    const watching = watchFolder(directory, {
      onChange: () => debounce.poke(),
      onFailure: (state) => this.#reportUnwatched(state),
      signal,
    });
    await this.#scans.run();
    if (!signal.aborted) {
      this.#tell(onChange);
      rescanLater();
      await aborted(signal);
    }
    this.#sources.unlisten();
    this.#artifacts.unlisten();
    debounce.cancel();
    cancelRescan();
    await Promise.all([watching, this.#scans.idle()]);
  }

  /** `file:line` of a field of a source, such as `["spec", "generator"]`; undefined if there is no such source. */
  locationOf(source: NamespacedName, path: readonly string[]): string | undefined {
    const found = this.#content.sources.get(sourceKey(source));
    return found && `${found.file}:${found.manifest.lineOf(path)}`;
  }

  async readSource(name: NamespacedName): Promise<ExternalSource | undefined> {
    await this.#scans.run();
    return this.#sources.find(name);
  }

  async readArtifact(name: NamespacedName): Promise<ExternalArtifact | undefined> {
    await this.#scans.run();
    return this.#artifacts.find(name);
  }

  async readSecret(name: NamespacedName): Promise<Secret | undefined> {
    await this.#scans.run();
    return this.#secrets.get(sourceKey(name));
  }

  async writeSourceStatus(
    source: ExternalSource,
    status: ExternalSourceStatus,
  ): Promise<ExternalSource> {
    const { metadata, spec } = this.#sources.current(source);
    return this.#sources.put({ metadata: this.#next(metadata), spec, status });
  }

  async removeFinalizer(source: ExternalSource, finalizer: string): Promise<void> {
    const now = this.#sources.current(source);
    const finalizers = now.metadata.finalizers?.filter((each) => each !== finalizer) ?? [];
    this.#sources.put({ ...now, metadata: { ...this.#next(now.metadata), finalizers } });
  }

  async createArtifact(artifact: ExternalArtifactWrite): Promise<ExternalArtifact> {
    const { namespace, name, spec, ...rest } = artifact;
    if (this.#artifacts.find(artifact)) {
      throw new ConflictError(`Cannot create ExternalArtifact "${namespace}/${name}": it exists`);
    }
    if (!this.#hasOwner(artifact.ownerReferences)) {
      throw new NotFoundError(
        `Cannot create ExternalArtifact "${namespace}/${name}": its owner is gone`,
      );
    }
    const fresh = this.#newMetadata(externalArtifactKind, { namespace, name });
    const metadata = { ...fresh, ...rest };
    return this.#artifacts.put({ metadata, spec, status: {} });
  }

  async updateArtifact(
    existing: ExternalArtifact,
    wanted: ExternalArtifactWrite,
  ): Promise<ExternalArtifact> {
    const { metadata, spec, status } = this.#artifacts.current(existing);
    const owners = metadata.ownerReferences ?? [];
    const isWanted = (owner: OwnerReference) =>
      wanted.ownerReferences.some(({ uid }) => uid === owner.uid);
    return this.#artifacts.put({
      metadata: {
        ...this.#next(metadata, !isDeepStrictEqual(spec, wanted.spec)),
        labels: { ...metadata.labels, ...wanted.labels },
        annotations: { ...metadata.annotations, ...wanted.annotations },
        ownerReferences: [...wanted.ownerReferences, ...owners.filter((each) => !isWanted(each))],
      },
      spec: wanted.spec,
      status,
    });
  }

  async writeArtifactStatus(
    existing: ExternalArtifact,
    status: ExternalArtifactStatus,
  ): Promise<ExternalArtifact> {
    const { metadata, spec } = this.#artifacts.current(existing);
    return this.#artifacts.put({ metadata: this.#next(metadata), spec, status });
  }

  async recordEvent(event: ObjectEvent): Promise<void> {
    this.#options.onEvent(event);
  }

  #tell(onChange: (change: ObjectChange) => void): void {
    this.#sources.listen((key, before, after) =>
      onChange({ kind: externalSourceKind, key, before, after })
    );
    this.#artifacts.listen((key, before, after) =>
      onChange({ kind: externalArtifactKind, key, before, after })
    );
  }

  #reportUnwatched(state: string): void {
    const message = `cannot be watched: ${state}; it is read every ${rescanMs / 1_000} s instead`;
    this.#options.onProblem({ file: this.#options.directory, line: undefined, message });
  }

  async #scan(): Promise<void> {
    const before = this.#content;
    this.#content = await this.#folder.scan();
    const { sources, secrets } = this.#content;
    for (const { metadata } of this.#sources.values()) {
      if (!sources.has(sourceKey(metadata))) this.#deleteSource(metadata);
    }
    for (const [key, { value }] of sources) {
      const old = before.sources.get(key)?.value;
      if (!isDeepStrictEqual(old, value)) this.#putSource(value);
    }
    for (const key of this.#secrets.keys()) if (!secrets.has(key)) this.#secrets.delete(key);
    for (const [key, { value }] of secrets) {
      const { metadata: { name }, data } = value;
      if (isDeepStrictEqual(this.#secrets.get(key)?.data, data)) continue;
      this.#secrets.set(key, { name, data, resourceVersion: this.#newVersion() });
    }
  }

  #putSource({ metadata, spec }: DeclaredSource): void {
    const old = this.#sources.find(metadata);
    const fresh = this.#newMetadata(externalSourceKind, metadata);
    if (!old) {
      this.#sources.put({ metadata: fresh, spec, status: {} });
      return;
    }
    const { creationTimestamp = fresh.creationTimestamp!, generation } = old.metadata;
    const counted = generation + (isDeepStrictEqual(old.spec, spec) ? 0 : 1);
    this.#sources.put({
      ...old,
      metadata: { ...fresh, creationTimestamp, generation: counted },
      spec,
    });
  }

  #deleteSource(source: ObjectMeta): void {
    this.#sources.delete(source);
    for (const { metadata } of this.#artifacts.values()) {
      if (metadata.ownerReferences?.some(({ uid }) => uid === source.uid)) {
        this.#artifacts.delete(metadata);
      }
    }
  }

  #hasOwner(owners: readonly OwnerReference[]): boolean {
    const uids = this.#sources.values().map(({ metadata }) => metadata.uid);
    return owners.length === 0 || owners.some(({ uid }) => uids.includes(uid));
  }

  /** Metadata after a write. */
  #next(metadata: ObjectMeta, specChanged = false): ObjectMeta {
    const generation = metadata.generation + (specChanged ? 1 : 0);
    return { ...metadata, resourceVersion: this.#newVersion(), generation };
  }

  #newMetadata(kind: string, declared: DeclaredMetadata): ObjectMeta {
    const createdAt = this.#options.clock.now();
    return newMetadata(declared, { kind, createdAt, resourceVersion: this.#newVersion() });
  }

  #newVersion(): string {
    return `${++this.#lastVersion}`;
  }
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) =>
    signal.addEventListener("abort", () => resolve(), { once: true })
  );
}
