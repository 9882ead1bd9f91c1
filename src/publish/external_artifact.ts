import {
  controllerName,
  externalArtifactKind,
  externalSourceApiVersion,
  externalSourceKind,
  managedByLabel,
} from "../core/api_names.ts";
import type { Artifact } from "../core/artifact.ts";
import { type ConditionState, withCondition } from "../core/condition.ts";
import type {
  ExternalArtifact,
  ExternalArtifactSpec,
  ExternalArtifactStatus,
} from "../core/external_artifact.ts";
import type { ExternalSource } from "../core/external_source.ts";
import { controllerOf, type OwnerReference } from "../core/object_meta.ts";
import type { ExternalArtifactWrite } from "../objects/objects.ts";

/** The ExternalArtifact of a source, without its status: same name and namespace, controlled by the source. */
export function wantedArtifact(source: ExternalSource): ExternalArtifactWrite {
  const { name, namespace } = source.metadata;
  return {
    name,
    namespace,
    labels: { [managedByLabel]: controllerName },
    annotations: {},
    ownerReferences: [ownerReference(source)],
    spec: {
      sourceRef: {
        apiVersion: externalSourceApiVersion,
        kind: externalSourceKind,
        name,
        namespace,
      },
    },
  };
}

/** The status of an ExternalArtifact; `existing` keeps transition times and conditions of others. */
export function wantedArtifactStatus(
  existing: ExternalArtifact,
  artifact: Artifact,
  ready: { readonly state: Omit<ConditionState, "observedGeneration">; readonly now: string },
): ExternalArtifactStatus {
  const state = { ...ready.state, observedGeneration: existing.metadata.generation };
  return {
    artifact,
    conditions: withCondition(existing.status.conditions ?? [], state, ready.now),
  };
}

/** Why an existing ExternalArtifact may not be written for a source, or undefined if it may. */
export function nameConflict(
  existing: ExternalArtifact,
  source: ExternalSource,
): string | undefined {
  const { metadata, spec } = existing;
  const quoted = `"${metadata.namespace}/${metadata.name}"`;
  const controller = controllerOf(metadata);
  if (controller && !refersTo(controller, source)) {
    return `${externalArtifactKind} ${quoted} is controlled by ${controller.kind} "${controller.name}"`;
  }
  if (controller || metadata.labels?.[managedByLabel] === controllerName) return undefined;
  return namesSource(spec.sourceRef, source)
    ? undefined
    : `${externalArtifactKind} ${quoted} exists and was not made for this source`;
}

/** Whether a `sourceRef` names a source; what it leaves out is taken as right. */
function namesSource(
  ref: ExternalArtifactSpec["sourceRef"],
  { metadata }: ExternalSource,
): boolean {
  return ref?.kind === externalSourceKind && ref.name === metadata.name &&
    (ref.namespace ?? metadata.namespace) === metadata.namespace &&
    (ref.apiVersion ?? externalSourceApiVersion) === externalSourceApiVersion;
}

/** Whether metadata and spec of an existing ExternalArtifact are as wanted. */
export function isAsWanted(existing: ExternalArtifact, wanted: ExternalArtifactWrite): boolean {
  const { metadata, spec } = existing;
  const labelsMatch = Object.entries(wanted.labels).every(([key, value]) =>
    metadata.labels?.[key] === value
  );
  const ownersMatch = wanted.ownerReferences.every((owner) =>
    metadata.ownerReferences?.some((present) =>
      present.uid === owner.uid && present.controller === true
    )
  );
  const [ref, wantedRef] = [spec.sourceRef, wanted.spec.sourceRef];
  return labelsMatch && ownersMatch && ref?.apiVersion === wantedRef?.apiVersion &&
    ref?.kind === wantedRef?.kind && ref?.name === wantedRef?.name &&
    ref?.namespace === wantedRef?.namespace;
}

// A source that was deleted and created again has a new uid; its old ExternalArtifact is still its own.
function refersTo(owner: OwnerReference, source: ExternalSource): boolean {
  const sameUid = owner.uid === source.metadata.uid;
  const sameName = owner.kind === externalSourceKind && owner.name === source.metadata.name &&
    owner.apiVersion === externalSourceApiVersion;
  return sameUid || sameName;
}

function ownerReference(source: ExternalSource): OwnerReference {
  return {
    apiVersion: externalSourceApiVersion,
    kind: externalSourceKind,
    name: source.metadata.name,
    uid: source.metadata.uid,
    controller: true,
    blockOwnerDeletion: true,
  };
}
