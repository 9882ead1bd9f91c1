import { controllerName } from "../../core/api_names.ts";
import type { ExternalArtifact, ExternalArtifactStatus } from "../../core/external_artifact.ts";
import type { ExternalSource, ExternalSourceStatus } from "../../core/external_source.ts";
import type { ObjectEvent } from "../../core/object_event.ts";
import type { Secret } from "../../core/secret.ts";
import type { NamespacedName } from "../../core/source_key.ts";
import {
  ConflictError,
  type ExternalArtifactWrite,
  NotFoundError,
  type ObjectCache,
  type ObjectChange,
  type Objects,
} from "../objects.ts";
import type { ApiClient } from "./api_client.ts";
import type { ApiConnection } from "./api_connection.ts";
import { artifactPatch } from "./artifact_patch.ts";
import { decodeSecret } from "./decode_secret.ts";
import type { EventRecorder } from "./event_recorder.ts";
import { asArray, asRecord, asText, asTextRecord } from "./fields.ts";
import { KindCache } from "./kind_cache.ts";
import { KindWatch, type KindWatchOptions } from "./kind_watch.ts";
import { hasLegacyManager, withoutLegacyManager } from "./legacy_field_manager.ts";
import {
  artifactResource,
  listPath,
  objectPath,
  type Resource,
  sourceResource,
} from "./resource.ts";
import type { WatchedObject } from "./watched_object.ts";

const secrets = { apiVersion: "v1", plural: "secrets" };
const configMaps = { apiVersion: "v1", plural: "configmaps" };

/** What {@linkcode KubeObjects} is made of. */
export interface KubeObjectsParts {
  readonly connection: ApiConnection;
  readonly client: ApiClient;
  readonly events: EventRecorder;
  readonly watches: {
    readonly sources: KindWatchOptions;
    readonly artifacts: KindWatchOptions;
  };
}

/** A patch of one object. */
interface Patch {
  readonly subresource?: "status";
  readonly contentType: "application/merge-patch+json" | "application/json-patch+json";
  readonly body: unknown;
}

/** The objects as an API server has them. */
export class KubeObjects implements Objects {
  readonly #parts: KubeObjectsParts;
  readonly #sources = new KindCache<ExternalSource>("ExternalSource");
  readonly #artifacts = new KindCache<ExternalArtifact>("ExternalArtifact");

  constructor(parts: KubeObjectsParts) {
    this.#parts = parts;
  }

  get sources(): ObjectCache<ExternalSource> {
    return this.#sources;
  }

  get artifacts(): ObjectCache<ExternalArtifact> {
    return this.#artifacts;
  }

  async watch(onChange: (change: ObjectChange) => void, signal: AbortSignal): Promise<void> {
    const { client, watches } = this.#parts;
    const [sources, artifacts] = [this.#sources, this.#artifacts];
    sources.onChange = artifacts.onChange = onChange;
    await Promise.all([
      new KindWatch({ client, resource: sourceResource, cache: sources }, watches.sources)
        .run(signal),
      new KindWatch({ client, resource: artifactResource, cache: artifacts }, watches.artifacts)
        .run(signal),
    ]);
    sources.onChange = artifacts.onChange = () => {};
  }

  readSource(name: NamespacedName): Promise<ExternalSource | undefined> {
    return this.#read(sourceResource, name);
  }

  readArtifact(name: NamespacedName): Promise<ExternalArtifact | undefined> {
    return this.#read(artifactResource, name);
  }

  async readSecret(name: NamespacedName): Promise<Secret | undefined> {
    const raw = await this.#get(objectPath(secrets, name), `Secret "${nameOf(name)}"`);
    return raw === undefined ? undefined : decodeSecret(raw);
  }

  /** The `data` of a ConfigMap; undefined if there is none. */
  async readConfigMap(
    name: NamespacedName,
  ): Promise<Readonly<Record<string, string>> | undefined> {
    const raw = await this.#get(objectPath(configMaps, name), `ConfigMap "${nameOf(name)}"`);
    return raw === undefined ? undefined : asTextRecord(asRecord(raw)?.data) ?? {};
  }

  /** All sources of the watched namespace as they are now, for a command that looks once. */
  async listSources(signal: AbortSignal): Promise<ExternalSource[]> {
    const { client, watches } = this.#parts;
    const path = listPath(sourceResource, watches.sources.namespace);
    const what = `Cannot list "${sourceResource.plural}"`;
    const list = asRecord(await client.json({ method: "GET", path, what, signal }));
    return asArray(list?.items).map((item) => sourceResource.decode(item));
  }

  /** The uid of a namespace, which names a cluster if it is that of `kube-system`. @throws {NotFoundError} */
  async readNamespaceUid(name: string): Promise<string> {
    const path = `/api/v1/namespaces/${encodeURIComponent(name)}`;
    const raw = asRecord(await this.#get(path, `Namespace "${name}"`));
    const uid = asText(asRecord(raw?.metadata)?.uid);
    if (uid === undefined) throw new NotFoundError(`Cannot get Namespace "${name}": it has no uid`);
    return uid;
  }

  async writeSourceStatus(
    source: ExternalSource,
    status: ExternalSourceStatus,
  ): Promise<ExternalSource> {
    const raw = await this.#patch(sourceResource, source, statusPatch(source, status));
    return this.#keep(this.#sources, sourceResource.decode(raw));
  }

  async removeFinalizer(source: ExternalSource, finalizer: string): Promise<void> {
    const { uid, resourceVersion, finalizers = [] } = source.metadata;
    if (!finalizers.includes(finalizer)) return;
    const kept = finalizers.filter((each) => each !== finalizer);
    const raw = await this.#patch(sourceResource, source, {
      contentType: "application/merge-patch+json",
      body: { metadata: { uid, resourceVersion, finalizers: kept.length > 0 ? kept : null } },
    });
    const left = sourceResource.decode(raw);
    // The last finalizer of a deleted object: it is gone with this answer, and the watch tells so.
    const isGone = left.metadata.deletionTimestamp !== undefined && !left.metadata.finalizers;
    if (!isGone) this.#keep(this.#sources, left);
  }

  async createArtifact(artifact: ExternalArtifactWrite): Promise<ExternalArtifact> {
    const { namespace, name, labels, annotations, ownerReferences, spec } = artifact;
    const { apiVersion, kind } = artifactResource;
    const path = objectPath(artifactResource, artifact);
    const raw = await this.#parts.client.json({
      method: "POST",
      path: path.slice(0, path.lastIndexOf("/")),
      query: { fieldManager: controllerName },
      body: {
        ...{ apiVersion, kind, spec },
        metadata: { namespace, name, labels, annotations, ownerReferences },
      },
      what: `Cannot create ${kind} "${nameOf(artifact)}"`,
    });
    const created = artifactResource.decode(raw);
    this.#artifacts.putCreated(created);
    return created;
  }

  async updateArtifact(
    existing: ExternalArtifact,
    wanted: ExternalArtifactWrite,
  ): Promise<ExternalArtifact> {
    const managers = hasLegacyManager(existing.metadata)
      ? await this.#readManagers(existing)
      : undefined;
    const raw = await this.#patch(artifactResource, existing, {
      contentType: "application/merge-patch+json",
      body: artifactPatch(existing, wanted, managers),
    });
    return this.#keep(this.#artifacts, artifactResource.decode(raw));
  }

  async writeArtifactStatus(
    existing: ExternalArtifact,
    status: ExternalArtifactStatus,
  ): Promise<ExternalArtifact> {
    const raw = await this.#patch(artifactResource, existing, statusPatch(existing, status));
    return this.#keep(this.#artifacts, artifactResource.decode(raw));
  }

  recordEvent(event: ObjectEvent): Promise<void> {
    this.#parts.events.record(event);
    return Promise.resolve();
  }

  /** Resolves when the events recorded so far are written or dropped; for the end of a process, and for tests. */
  eventsWritten(): Promise<void> {
    return this.#parts.events.written();
  }

  /** Drops what is left of the events and ends every connection. The watch must have ended before. */
  async close(): Promise<void> {
    await this.#parts.events.close();
    this.#parts.connection.close();
  }

  async #readManagers({ metadata }: ExternalArtifact): Promise<readonly unknown[]> {
    const what = `${artifactResource.kind} "${nameOf(metadata)}"`;
    const raw = asRecord(await this.#get(objectPath(artifactResource, metadata), what));
    const live = asRecord(raw?.metadata);
    if (live?.resourceVersion !== metadata.resourceVersion) {
      throw new ConflictError(`Cannot patch ${what}: it has changed`);
    }
    return withoutLegacyManager(live.managedFields);
  }

  async #read<T extends WatchedObject>(
    resource: Resource<T>,
    name: NamespacedName,
  ): Promise<T | undefined> {
    const what = `${resource.kind} "${nameOf(name)}"`;
    const raw = await this.#get(objectPath(resource, name), what);
    return raw === undefined ? undefined : resource.decode(raw);
  }

  async #get(path: string, object: string): Promise<unknown> {
    try {
      return await this.#parts.client.json({ method: "GET", path, what: `Cannot get ${object}` });
    } catch (error) {
      if (error instanceof NotFoundError) return undefined;
      throw error;
    }
  }

  #patch(
    resource: Resource<WatchedObject>,
    { metadata }: WatchedObject,
    { subresource, contentType, body }: Patch,
  ): Promise<unknown> {
    const path = objectPath(resource, metadata);
    const part = subresource === undefined ? "" : `${subresource} of `;
    return this.#parts.client.json({
      method: "PATCH",
      path: subresource === undefined ? path : `${path}/${subresource}`,
      query: { fieldManager: controllerName },
      contentType,
      body,
      what: `Cannot patch ${part}${resource.kind} "${nameOf(metadata)}"`,
    });
  }

  #keep<T extends WatchedObject>(cache: KindCache<T>, answer: T): T {
    cache.putUpdated(answer);
    return answer;
  }
}

const nameOf = ({ namespace, name }: NamespacedName) => `${namespace}/${name}`;

/**
 * Replaces the whole status. The resourceVersion is not tested but written, because a failed test is a 422 that nothing
 * tells from a refused status, while a wrong resourceVersion is a 409.
 */
function statusPatch({ metadata }: WatchedObject, status: unknown): Patch {
  return {
    subresource: "status",
    contentType: "application/json-patch+json",
    body: [
      { op: "replace", path: "/metadata/resourceVersion", value: metadata.resourceVersion },
      { op: "add", path: "/status", value: status },
    ],
  };
}
