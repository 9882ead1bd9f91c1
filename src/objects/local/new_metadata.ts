import { createHash } from "node:crypto";
import { formatTime } from "../../core/format_time.ts";
import type { ObjectMeta } from "../../core/object_meta.ts";
import type { DeclaredMetadata } from "./declared_metadata.ts";

/** What a file does not say of an object, because an API server would add it. */
export interface AddedMetadata {
  readonly kind: string;
  readonly resourceVersion: string;
  /** Milliseconds since the Unix epoch. */
  readonly createdAt: number;
}

/** Metadata of a new object. The uid follows from kind, namespace and name, so that it outlives a restart. */
export function newMetadata(declared: DeclaredMetadata, added: AddedMetadata): ObjectMeta {
  const { kind, resourceVersion, createdAt } = added;
  return {
    ...declared,
    uid: uidOf(`${kind}/${declared.namespace}/${declared.name}`),
    resourceVersion,
    generation: 1,
    creationTimestamp: formatTime(createdAt),
  };
}

/** The first 128 bits of a hash in the form of a UUID. */
function uidOf(identity: string): string {
  const hex = createHash("sha256").update(identity).digest("hex");
  const parts = [[0, 8], [8, 12], [12, 16], [16, 20], [20, 32]];
  return parts.map(([from, to]) => hex.slice(from, to)).join("-");
}
