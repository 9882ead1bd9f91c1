import type { Lease } from "../leases.ts";
import { decodeMeta } from "./decode_meta.ts";
import { asNumber, asRecord, asText, asTextRecord } from "./fields.ts";

/** A `metav1.MicroTime` in milliseconds since the epoch; 0 if it is none. */
const decodeTime = (value: unknown): number => Date.parse(asText(value) ?? "") || 0;

/** Milliseconds since the epoch as a `metav1.MicroTime`, which the API server takes with six digits only. */
export function formatMicroTime(ms: number): string {
  return new Date(ms).toISOString().replace("Z", "000Z");
}

/** A Lease of the API server, all of whose spec may be missing. @throws {TypeError} if the metadata names no object */
export function decodeLease(value: unknown): Lease {
  const raw = asRecord(value);
  const spec = asRecord(raw?.spec) ?? {};
  const { name, uid, resourceVersion, labels = {} } = decodeMeta(raw?.metadata);
  return {
    ...{ name, uid, resourceVersion, labels },
    annotations: asTextRecord(asRecord(raw?.metadata)?.annotations) ?? {},
    holder: asText(spec.holderIdentity) ?? "",
    durationMs: (asNumber(spec.leaseDurationSeconds) ?? 0) * 1_000,
    acquiredAt: decodeTime(spec.acquireTime),
    renewedAt: decodeTime(spec.renewTime),
    transitions: asNumber(spec.leaseTransitions) ?? 0,
  };
}
