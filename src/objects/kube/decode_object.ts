import type { Artifact } from "../../core/artifact.ts";
import type { Condition } from "../../core/condition.ts";
import type {
  ExternalArtifact,
  ExternalArtifactSpec,
  ExternalArtifactStatus,
} from "../../core/external_artifact.ts";
import type { ExternalSource, ExternalSourceStatus } from "../../core/external_source.ts";
import { decodeMeta } from "./decode_meta.ts";
import { asNumber, asRecord, asTextRecord, present } from "./fields.ts";
import { asShared } from "./shared_text.ts";

function decodeCondition(value: unknown): Condition[] {
  const raw = asRecord(value);
  const type = asShared(raw?.type);
  if (!raw || !type) return [];
  return [present<Condition>({
    type,
    status: raw.status === "True" || raw.status === "False" ? raw.status : "Unknown",
    reason: asShared(raw.reason) ?? "",
    message: asShared(raw.message) ?? "",
    lastTransitionTime: asShared(raw.lastTransitionTime) ?? "",
    observedGeneration: asNumber(raw.observedGeneration),
  })];
}

function decodeConditions(value: unknown): readonly Condition[] | undefined {
  return Array.isArray(value) ? value.flatMap(decodeCondition) : undefined;
}

/** The Go implementation wrote no path, digest or size to sources; they are empty then, which no real one is. */
function decodeArtifact(value: unknown): Artifact | undefined {
  const raw = asRecord(value);
  return raw && present<Artifact>({
    url: asShared(raw.url) ?? "",
    path: asShared(raw.path) ?? "",
    revision: asShared(raw.revision) ?? "",
    digest: asShared(raw.digest) ?? "",
    size: asNumber(raw.size) ?? 0,
    lastUpdateTime: asShared(raw.lastUpdateTime) ?? "",
    metadata: asTextRecord(raw.metadata),
  });
}

function decodeSourceStatus(value: unknown): ExternalSourceStatus {
  const raw = asRecord(value) ?? {};
  return present<ExternalSourceStatus>({
    observedGeneration: asNumber(raw.observedGeneration),
    conditions: decodeConditions(raw.conditions),
    artifact: decodeArtifact(raw.artifact),
    lastHandledETag: asShared(raw.lastHandledETag),
    lastHandledReconcileAt: asShared(raw.lastHandledReconcileAt),
    lastHandledArtifactReconcileAt: asShared(raw.lastHandledArtifactReconcileAt),
    failures: asNumber(raw.failures),
    nextAttemptTime: asShared(raw.nextAttemptTime),
    nextAttemptHeld: raw.nextAttemptHeld === true || undefined,
    owner: asShared(raw.owner),
    fingerprint: asShared(raw.fingerprint),
  });
}

function decodeArtifactSpec(value: unknown): ExternalArtifactSpec {
  const ref = asRecord(asRecord(value)?.sourceRef);
  if (!ref) return {};
  return {
    sourceRef: present<NonNullable<ExternalArtifactSpec["sourceRef"]>>({
      apiVersion: asShared(ref.apiVersion),
      kind: asShared(ref.kind) ?? "",
      name: asShared(ref.name) ?? "",
      namespace: asShared(ref.namespace),
    }),
  };
}

/**
 * An ExternalSource from the JSON of the API server. What a status field should not be is left out, so that an object
 * stored under another CRD is still seen.
 *
 * @throws {TypeError} if its metadata names no object
 */
export function decodeSource(value: unknown): ExternalSource {
  const raw = asRecord(value) ?? {};
  return {
    metadata: decodeMeta(raw.metadata),
    spec: raw.spec,
    status: decodeSourceStatus(raw.status),
  };
}

/** An ExternalArtifact from the JSON of the API server. @throws {TypeError} if its metadata names no object */
export function decodeArtifactObject(value: unknown): ExternalArtifact {
  const raw = asRecord(value) ?? {};
  const status = asRecord(raw.status) ?? {};
  return {
    metadata: decodeMeta(raw.metadata),
    spec: decodeArtifactSpec(raw.spec),
    status: present<ExternalArtifactStatus>({
      artifact: decodeArtifact(status.artifact),
      conditions: decodeConditions(status.conditions),
    }),
  };
}
