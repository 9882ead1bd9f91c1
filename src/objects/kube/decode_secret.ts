import type { Secret } from "../../core/secret.ts";
import { asRecord, asText, asTextRecord } from "./fields.ts";

/** A Secret from the JSON of the API server, with its values decoded from base64. */
export function decodeSecret(value: unknown): Secret {
  const raw = asRecord(value) ?? {};
  const metadata = asRecord(raw.metadata) ?? {};
  const data = Object.entries(asTextRecord(raw.data) ?? {})
    .map(([key, text]) => [key, Uint8Array.fromBase64(text)] as const);
  return {
    name: asText(metadata.name) ?? "",
    resourceVersion: asText(metadata.resourceVersion) ?? "",
    data: Object.fromEntries(data),
  };
}
