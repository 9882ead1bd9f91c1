import { controllerName, managedByLabel } from "../src/core/api_names.ts";
import type { ExternalArtifact, ExternalArtifactStatus } from "../src/core/external_artifact.ts";
import type { ExternalSource, ExternalSourceStatus } from "../src/core/external_source.ts";
import type { ObjectEvent } from "../src/core/object_event.ts";
import type { ObjectMeta } from "../src/core/object_meta.ts";
import type { Secret } from "../src/core/secret.ts";
import { type NamespacedName, sourceKey } from "../src/core/source_key.ts";
import {
  type ExternalArtifactWrite,
  KindNotInstalledError,
  type ObjectChange,
  type Objects,
} from "../src/objects/objects.ts";
import type { ArtifactMarks, SourceManifest } from "./contract/objects_harness.ts";
import { MemoryTable } from "./memory_table.ts";

/** The calls that a test counts, delays or lets fail. */
export type Call =
  | "readSource"
  | "readArtifact"
  | "readSecret"
  | "writeSourceStatus"
  | "removeFinalizer"
  | "createArtifact"
  | "updateArtifact"
  | "writeArtifactStatus";

const isRead = (call: Call) => call.startsWith("read");

/**
 * Objects without a server, for tests that need an API server to fail at one certain call. It obeys the contract suite
 * like any adapter; what other parties do are methods beside the port.
 */
export class MemoryObjects implements Objects {
  readonly sources = new MemoryTable<ExternalSource>("ExternalSource");
  readonly artifacts = new MemoryTable<ExternalArtifact>(
    "ExternalArtifact",
    ({ labels }) => labels?.[managedByLabel] === controllerName,
  );
  /** Every call since it was last emptied. */
  readonly calls: Call[] = [];
  readonly events: ObjectEvent[] = [];
  /** Told before each call; throwing is how the call fails. */
  onCall: (call: Call) => void | Promise<void> = () => {};
  readonly #secrets = new Map<string, Secret>();
  #version = 0;

  /** The calls among {@linkcode calls} that change something. */
  get writes(): Call[] {
    return this.calls.filter((call) => !isRead(call));
  }

  watch(onChange: (change: ObjectChange) => void, signal: AbortSignal): Promise<void> {
    if (signal.aborted) return Promise.resolve();
    this.sources.open(onChange);
    this.artifacts.open(onChange);
    return new Promise((resolve) => {
      signal.addEventListener("abort", () => {
        this.sources.close();
        this.artifacts.close();
        resolve();
      }, { once: true });
    });
  }

  async readSource(name: NamespacedName): Promise<ExternalSource | undefined> {
    await this.#called("readSource");
    return this.sources.live(sourceKey(name));
  }

  async readArtifact(name: NamespacedName): Promise<ExternalArtifact | undefined> {
    await this.#called("readArtifact");
    return this.artifacts.live(sourceKey(name));
  }

  async readSecret(name: NamespacedName): Promise<Secret | undefined> {
    await this.#called("readSecret");
    return this.#secrets.get(sourceKey(name));
  }

  async writeSourceStatus(
    source: ExternalSource,
    status: ExternalSourceStatus,
  ): Promise<ExternalSource> {
    await this.#called("writeSourceStatus");
    const live = this.sources.checked(source.metadata);
    return this.sources.put({ ...live, status, metadata: this.#next(live.metadata) });
  }

  async removeFinalizer(source: ExternalSource, finalizer: string): Promise<void> {
    await this.#called("removeFinalizer");
    const live = this.sources.checked(source.metadata);
    const { finalizers: before = [], ...rest } = this.#next(live.metadata);
    const finalizers = before.filter((each) => each !== finalizer);
    const metadata = { ...rest, ...(finalizers.length > 0 ? { finalizers } : {}) };
    if (metadata.deletionTimestamp && finalizers.length === 0) this.sources.remove(metadata);
    else this.sources.put({ ...live, metadata });
  }

  async createArtifact(artifact: ExternalArtifactWrite): Promise<ExternalArtifact> {
    await this.#called("createArtifact");
    this.#refuseUninstalled();
    const { spec, annotations, ...metadata } = artifact;
    const annotated = Object.keys(annotations).length > 0 ? { annotations } : {};
    return this.artifacts.create({
      spec,
      status: {},
      metadata: { ...metadata, ...annotated, ...this.#birth() },
    });
  }

  async updateArtifact(
    existing: ExternalArtifact,
    wanted: ExternalArtifactWrite,
  ): Promise<ExternalArtifact> {
    await this.#called("updateArtifact");
    this.#refuseUninstalled();
    const live = this.artifacts.checked(existing.metadata);
    const foreign = (live.metadata.ownerReferences ?? []).filter((owner) =>
      !wanted.ownerReferences.some(({ kind, name }) => kind === owner.kind && name === owner.name)
    );
    const annotations = { ...live.metadata.annotations, ...wanted.annotations };
    const metadata = {
      ...this.#next(live.metadata, JSON.stringify(live.spec) !== JSON.stringify(wanted.spec)),
      labels: { ...live.metadata.labels, ...wanted.labels },
      ...(Object.keys(annotations).length > 0 ? { annotations } : {}),
      ownerReferences: [...foreign, ...wanted.ownerReferences],
    };
    return this.artifacts.put({ ...live, spec: wanted.spec, metadata });
  }

  async writeArtifactStatus(
    existing: ExternalArtifact,
    status: ExternalArtifactStatus,
  ): Promise<ExternalArtifact> {
    await this.#called("writeArtifactStatus");
    this.#refuseUninstalled();
    const live = this.artifacts.checked(existing.metadata);
    return this.artifacts.put({ ...live, status, metadata: this.#next(live.metadata) });
  }

  recordEvent(event: ObjectEvent): Promise<void> {
    this.events.push(event);
    return Promise.resolve();
  }

  /** Another party creates a source, or one that was stored under an older CRD. */
  createSource({ spec, ...metadata }: SourceManifest & NamespacedName): ExternalSource {
    return this.sources.create({ spec, status: {}, metadata: { ...metadata, ...this.#birth() } });
  }

  /** Another party changes a source; the generation counts changes of the spec. */
  editSource(name: NamespacedName, edit: (source: ExternalSource) => ExternalSource): void {
    const live = this.sources.live(sourceKey(name))!;
    const edited = edit(live);
    const isNewSpec = JSON.stringify(edited.spec) !== JSON.stringify(live.spec);
    this.sources.put({ ...edited, metadata: this.#next(edited.metadata, isNewSpec) });
  }

  deleteSource(name: NamespacedName): void {
    const { metadata, ...rest } = this.sources.live(sourceKey(name))!;
    if (!metadata.finalizers) return this.sources.remove(metadata);
    const deleted = { ...this.#next(metadata), deletionTimestamp: "2026-01-01T00:00:00Z" };
    this.sources.put({ ...rest, metadata: deleted });
  }

  putSecret({ namespace, name }: NamespacedName, data: Secret["data"]): void {
    const resourceVersion = `${++this.#version}`;
    this.#secrets.set(sourceKey({ namespace, name }), { name, resourceVersion, data });
  }

  /** Another party creates an ExternalArtifact. */
  plantArtifact(
    name: NamespacedName,
    rest: Omit<ExternalArtifact, "metadata"> & { readonly metadata?: Partial<ObjectMeta> },
  ): void {
    this.artifacts.create({ ...rest, metadata: { ...name, ...rest.metadata, ...this.#birth() } });
  }

  markArtifact(name: NamespacedName, { labels, annotations }: ArtifactMarks): void {
    this.editArtifact(name, (live) => ({
      ...live,
      metadata: {
        ...live.metadata,
        labels: { ...live.metadata.labels, ...labels },
        annotations: { ...live.metadata.annotations, ...annotations },
      },
    }));
  }

  editArtifact(name: NamespacedName, edit: (artifact: ExternalArtifact) => ExternalArtifact): void {
    const edited = edit(this.artifacts.live(sourceKey(name))!);
    this.artifacts.put({ ...edited, metadata: this.#next(edited.metadata) });
  }

  deleteArtifact(name: NamespacedName): void {
    this.artifacts.remove(name);
  }

  async #called(call: Call): Promise<void> {
    this.calls.push(call);
    await this.onCall(call);
  }

  #refuseUninstalled(): void {
    if (this.artifacts.isInstalled) return;
    throw new KindNotInstalledError("Cannot write an ExternalArtifact: the kind is not installed");
  }

  #birth() {
    const version = `${++this.#version}`;
    return { uid: `uid-${version}`, resourceVersion: version, generation: 1 };
  }

  #next(metadata: ObjectMeta, isNewSpec = false): ObjectMeta {
    const generation = metadata.generation + (isNewSpec ? 1 : 0);
    return { ...metadata, generation, resourceVersion: `${++this.#version}` };
  }
}
