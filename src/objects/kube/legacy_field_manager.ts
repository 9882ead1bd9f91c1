import type { ObjectMeta } from "../../core/object_meta.ts";
import { asArray, asRecord } from "./fields.ts";

/** The field manager of the Go implementation, which wrote with Update under the name of its binary. */
const legacyManager = "manager";

const isLegacy = (entry: unknown) => asRecord(entry)?.manager === legacyManager;

// Remembers the one thing needed of the managedFields that no cached object keeps.
const legacyManaged = new WeakSet<ObjectMeta>();

/** Remembers of a decoded object whether the Go implementation manages fields of it. */
export function noteFieldManagers(metadata: ObjectMeta, managedFields: unknown): void {
  if (asArray(managedFields).some(isLegacy)) legacyManaged.add(metadata);
}

/** Whether the object this metadata was decoded from has fields that the Go implementation manages. */
export function hasLegacyManager(metadata: ObjectMeta): boolean {
  return legacyManaged.has(metadata);
}

/** `metadata.managedFields` without the entries of the Go implementation, as a patch must write them. */
export function withoutLegacyManager(managedFields: unknown): readonly unknown[] {
  const kept = asArray(managedFields).filter((entry) => !isLegacy(entry));
  // The API server takes an empty list for "unchanged"; one empty entry clears it
  // (apimachinery, managedfields/internal/fieldmanager.go, isResetManagedFields).
  return kept.length > 0 ? kept : [{}];
}
