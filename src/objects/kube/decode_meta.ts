import type { ObjectMeta, OwnerReference } from "../../core/object_meta.ts";
import { mapValues } from "../../core/map_values.ts";
import { asArray, asNumber, asRecord, asTextRecord, present } from "./fields.ts";
import { noteFieldManagers } from "./legacy_field_manager.ts";
import { asShared, shareText } from "./shared_text.ts";

/** kubectl's copy of the whole object would double the memory of a cached one. */
const lastApplied = "kubectl.kubernetes.io/last-applied-configuration";

function required(metadata: Readonly<Record<string, unknown>>, field: string): string {
  const value = metadata[field];
  if (typeof value === "string" && value !== "") return shareText(value);
  throw new TypeError(`Cannot read metadata.${field}: not a text`);
}

function decodeLabels(value: unknown): Readonly<Record<string, string>> | undefined {
  const labels = asTextRecord(value);
  return labels && mapValues(labels, shareText);
}

function decodeAnnotations(value: unknown): Readonly<Record<string, string>> | undefined {
  const annotations = asTextRecord(value);
  if (!annotations || !(lastApplied in annotations)) return annotations;
  const { [lastApplied]: _, ...kept } = annotations;
  return Object.keys(kept).length > 0 ? kept : undefined;
}

function decodeOwner(value: unknown): OwnerReference[] {
  const owner = asRecord(value);
  if (!owner) return [];
  return [present<OwnerReference>({
    apiVersion: asShared(owner.apiVersion) ?? "",
    kind: asShared(owner.kind) ?? "",
    name: asShared(owner.name) ?? "",
    uid: asShared(owner.uid) ?? "",
    controller: owner.controller === true ? true : undefined,
    blockOwnerDeletion: owner.blockOwnerDeletion === true ? true : undefined,
  })];
}

const unlessEmpty = <T>(list: readonly T[]) => list.length > 0 ? list : undefined;

/**
 * The part of an object's metadata that the operator reads; managedFields and all else is left behind.
 *
 * @throws {TypeError} if it names no object
 */
export function decodeMeta(value: unknown): ObjectMeta {
  const raw = asRecord(value) ?? {};
  const decoded = present<ObjectMeta>({
    name: required(raw, "name"),
    namespace: required(raw, "namespace"),
    uid: required(raw, "uid"),
    resourceVersion: required(raw, "resourceVersion"),
    generation: asNumber(raw.generation) ?? 1,
    creationTimestamp: asShared(raw.creationTimestamp),
    deletionTimestamp: asShared(raw.deletionTimestamp),
    labels: decodeLabels(raw.labels),
    annotations: decodeAnnotations(raw.annotations),
    finalizers: unlessEmpty(
      asArray(raw.finalizers).filter((each): each is string => typeof each === "string"),
    ),
    ownerReferences: unlessEmpty(asArray(raw.ownerReferences).flatMap(decodeOwner)),
  });
  noteFieldManagers(decoded, raw.managedFields);
  return decoded;
}
