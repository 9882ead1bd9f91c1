import type { ByteRange, StoredArtifact } from "../store/artifact_store.ts";
import { parseByteRange } from "./byte_range.ts";
import { namesEntityTag } from "./entity_tag.ts";
import { type HttpAnswer, textAnswer } from "./http_answer.ts";
import type { HttpRequest } from "./http_request.ts";

/** The artifact of a key, or what of it a request asks for; closes it unless the answer has it. */
export function artifactAnswer(
  key: string,
  artifact: StoredArtifact,
  request: HttpRequest,
): HttpAnswer {
  const file = key.slice(key.lastIndexOf("/") + 1);
  const tag = `"sha256:${file.slice(0, 64)}"`;
  const headers = {
    "Content-Type": "application/gzip",
    "Content-Disposition": `attachment; filename="${file}"`,
    "ETag": tag,
    "Accept-Ranges": "bytes",
    "Cache-Control": "public, max-age=31536000, immutable, no-transform",
  };
  if (namesEntityTag(request.headers.get("if-none-match"), tag)) {
    artifact.close();
    return { status: 304, headers };
  }
  const range = wantedRange(request, tag, artifact.size);
  if (range === "unsatisfiable") {
    artifact.close();
    return textAnswer(416, "No such range", { "Content-Range": `bytes */${artifact.size}` });
  }
  if (!range) return { status: 200, headers, body: whole(artifact) };
  const bytes = `bytes ${range.start}-${range.end - 1}/${artifact.size}`;
  return {
    status: 206,
    headers: { ...headers, "Content-Range": bytes },
    body: { artifact, range },
  };
}

/** RFC 9110 §14.2: only for GET; §13.1.5: under `If-Range` only if that is the very tag. */
function wantedRange({ method, headers }: HttpRequest, tag: string, size: number) {
  const ifRange = headers.get("if-range");
  if (method !== "GET" || (ifRange !== undefined && ifRange !== tag)) return undefined;
  return parseByteRange(headers.get("range"), size);
}

function whole(artifact: StoredArtifact): { artifact: StoredArtifact; range: ByteRange } {
  return { artifact, range: { start: 0, end: artifact.size } };
}
