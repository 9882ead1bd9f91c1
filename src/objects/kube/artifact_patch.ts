import type { ExternalArtifact } from "../../core/external_artifact.ts";
import type { OwnerReference } from "../../core/object_meta.ts";
import type { ExternalArtifactWrite } from "../objects.ts";
import { mergePatch } from "./merge_patch.ts";

/** The owner of that kind and name, whichever of its lives the reference is to. */
const isSameOwner = (left: OwnerReference, right: OwnerReference) =>
  left.uid === right.uid ||
  (left.apiVersion === right.apiVersion && left.kind === right.kind && left.name === right.name);

/**
 * The merge patch that gives an existing ExternalArtifact the wanted labels, annotations, owners and spec. Foreign ones
 * stay; an owner of ours from an earlier life goes, because two controllers are refused.
 *
 * @param managedFields replaces the field managers, if given
 */
export function artifactPatch(
  { metadata, spec }: ExternalArtifact,
  wanted: ExternalArtifactWrite,
  managedFields?: readonly unknown[],
): Readonly<Record<string, unknown>> {
  const foreign = (metadata.ownerReferences ?? [])
    .filter((owner) => !wanted.ownerReferences.some((each) => isSameOwner(each, owner)));
  const specPatch = mergePatch(spec, wanted.spec);
  return {
    metadata: {
      uid: metadata.uid,
      resourceVersion: metadata.resourceVersion,
      labels: wanted.labels,
      annotations: wanted.annotations,
      ownerReferences: [...foreign, ...wanted.ownerReferences],
      ...(managedFields === undefined ? {} : { managedFields }),
    },
    ...(specPatch === undefined ? {} : { spec: specPatch }),
  };
}
