import type { ExternalArtifact } from "../core/external_artifact.ts";
import type { ExternalSource } from "../core/external_source.ts";
import type { NamespacedName } from "../core/source_key.ts";
import { type SourceKey, sourceKey } from "../core/source_key.ts";
import { forwardedObjects } from "./forwarded_objects.ts";
import type { ObjectCache, Objects } from "./objects.ts";

/** Says in one line what would have been written. */
export type Announce = (line: string) => void;

/**
 * Objects that are read and watched but never written: for a controller outside the cluster whose URLs nobody in it could
 * reach (DESIGN §10). What would have been written is announced and shows in the caches, so that the controller goes on
 * as if it had been.
 */
export function readOnlyObjects(objects: Objects, announce: Announce): Objects {
  const sources = new Overlay(objects.sources);
  const artifacts = new Overlay(objects.artifacts);
  const writeArtifactStatus: Objects["writeArtifactStatus"] = (existing, status) => {
    const { artifact } = status;
    const published = existing.status.artifact;
    if (artifact) {
      const isSame = published?.digest === artifact.digest &&
        published.revision === artifact.revision;
      const instead = isSame ? `, which is at ${published.url} now` : "";
      const key = sourceKey(existing.metadata);
      announce(`would publish ${key} ${artifact.revision} at ${artifact.url}${instead}`);
    }
    return Promise.resolve(artifacts.keep({ ...existing, status }));
  };
  return {
    ...forwardedObjects(objects),
    sources,
    artifacts,
    writeSourceStatus: (source, status) => Promise.resolve(sources.keep({ ...source, status })),
    removeFinalizer: () => Promise.resolve(),
    createArtifact: (wanted) =>
      Promise.resolve(artifacts.keep(imagined(wanted, { spec: wanted.spec, status: {} }))),
    updateArtifact: (existing, wanted) =>
      Promise.resolve(artifacts.keep({
        ...existing,
        spec: wanted.spec,
        metadata: {
          ...existing.metadata,
          labels: { ...existing.metadata.labels, ...wanted.labels },
          ownerReferences: wanted.ownerReferences,
        },
      })),
    writeArtifactStatus,
    recordEvent: () => Promise.resolve(),
  };
}

function imagined(
  { namespace, name, ...metadata }: NamespacedName & Partial<ExternalArtifact["metadata"]>,
  rest: Pick<ExternalArtifact, "spec" | "status">,
): ExternalArtifact {
  const { labels = {}, ownerReferences = [] } = metadata;
  return {
    metadata: {
      namespace,
      name,
      uid: "",
      resourceVersion: "",
      generation: 1,
      labels,
      ownerReferences,
    },
    ...rest,
  };
}

/** A cache with what would have been written over it, until the object really changes. */
class Overlay<T extends ExternalSource | ExternalArtifact> implements ObjectCache<T> {
  readonly #real: ObjectCache<T>;
  readonly #kept = new Map<SourceKey, { readonly over: string | undefined; readonly object: T }>();

  constructor(real: ObjectCache<T>) {
    this.#real = real;
  }

  get state() {
    return this.#real.state;
  }

  get size() {
    return this.#real.size;
  }

  keys() {
    return this.#real.keys();
  }

  get(key: SourceKey): T | undefined {
    const real = this.#real.get(key);
    const kept = this.#kept.get(key);
    if (!kept || kept.over === real?.metadata.resourceVersion) return kept?.object ?? real;
    this.#kept.delete(key);
    return real;
  }

  keep(object: T): T {
    const key = sourceKey(object.metadata);
    this.#kept.set(key, { over: this.#real.get(key)?.metadata.resourceVersion, object });
    return object;
  }
}
