import { controllerName, managedByLabel } from "../src/core/api_names.ts";
import type { Artifact } from "../src/core/artifact.ts";
import { artifactKey } from "../src/core/artifact_key.ts";
import type { Condition } from "../src/core/condition.ts";
import type { ExternalArtifact } from "../src/core/external_artifact.ts";
import type { ExternalSource } from "../src/core/external_source.ts";
import type { ObjectMeta } from "../src/core/object_meta.ts";
import type { NamespacedName } from "../src/core/source_key.ts";

const name = { namespace: "team", name: "config" };
/** When everything that a fixture says happened, RFC 3339. */
export const then = "2026-01-01T00:00:00Z";

type Parts<T> = Partial<Omit<T, "metadata">> & { readonly metadata?: Partial<ObjectMeta> };

/** A source `team/config` of generation 1, with these parts. */
export function sourceOf({ metadata, ...parts }: Parts<ExternalSource> = {}): ExternalSource {
  return {
    metadata: { ...name, uid: "uid-1", resourceVersion: "1", generation: 1, ...metadata },
    spec: {
      interval: "5m",
      generator: { type: "http", http: { url: "http://upstream.test/file.json" } },
    },
    status: {},
    ...parts,
  };
}

/** The ExternalArtifact of {@linkcode sourceOf}, with these parts. */
export function externalArtifactOf(
  { metadata, ...parts }: Parts<ExternalArtifact> = {},
): ExternalArtifact {
  const owner = {
    apiVersion: "source.flux.oddkin.co/v1alpha1",
    kind: "ExternalSource",
    name: name.name,
  };
  return {
    metadata: {
      ...name,
      uid: "uid-2",
      resourceVersion: "2",
      generation: 1,
      labels: { [managedByLabel]: controllerName },
      ownerReferences: [{ ...owner, uid: "uid-1", controller: true, blockOwnerDeletion: true }],
      ...metadata,
    },
    spec: { sourceRef: { ...owner, namespace: name.namespace } },
    status: {},
    ...parts,
  };
}

/** An artifact of {@linkcode sourceOf}, or of another one; two of the same digit are equal. */
export function artifactOf(digit: string, source: NamespacedName = name): Artifact {
  const hex = digit.repeat(64);
  const path = artifactKey({ namespace: source.namespace, name: source.name, hex });
  return {
    url: `http://artifacts:8080/${path}`,
    path,
    revision: `latest@sha256:${hex}`,
    digest: `sha256:${hex}`,
    size: 100,
    lastUpdateTime: then,
  };
}

/** A condition from `Type=Status/Reason`. */
export function conditionOf(text: string, message = "a message"): Condition {
  const [, type, status, reason] = /^(\w+)=(True|False|Unknown)\/(\w+)$/.exec(text)!;
  return {
    type: type!,
    status: status as Condition["status"],
    reason: reason!,
    message,
    lastTransitionTime: then,
    observedGeneration: 1,
  };
}
