import type { ByteRange, StoredArtifact } from "../store/artifact_store.ts";

/** Part of an artifact, or all of it. The server closes the artifact, whether it sends it or not. */
export interface StoredBody {
  readonly artifact: StoredArtifact;
  readonly range: ByteRange;
}

/** What a handler answers. The server adds `Content-Length`, `Date` and `Connection`, and leaves the body out for HEAD. */
export interface HttpAnswer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Uint8Array | StoredBody;
}

const encoder = new TextEncoder();

/** A short answer for a person to read. */
export function textAnswer(
  status: number,
  text: string,
  headers?: Readonly<Record<string, string>>,
): HttpAnswer {
  const type = { "Content-Type": "text/plain; charset=utf-8", "X-Content-Type-Options": "nosniff" };
  return { status, headers: { ...type, ...headers }, body: encoder.encode(`${text}\n`) };
}

/** A value as JSON that nobody may cache. */
export function jsonAnswer(status: number, value: unknown): HttpAnswer {
  const headers = { "Content-Type": "application/json", "Cache-Control": "no-store" };
  return { status, headers, body: encoder.encode(`${JSON.stringify(value)}\n`) };
}
