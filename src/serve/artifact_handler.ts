import { parseArtifactKey } from "../core/artifact_key.ts";
import type { NamespacedName } from "../core/source_key.ts";
import { StepError } from "../core/step_error.ts";
import type { ByteRange, StoredArtifact } from "../store/artifact_store.ts";
import { parseByteRange } from "./byte_range.ts";
import { namesEntityTag } from "./entity_tag.ts";
import { type HttpAnswer, textAnswer } from "./http_answer.ts";
import type { HttpHandler } from "./http_handler.ts";
import type { HttpRequest } from "./http_request.ts";

/** What the artifact server knows of the rest of the controller. */
export interface ArtifactHandlerOptions {
  /** From the store; undefined if there is none under that key. */
  open(key: string): Promise<StoredArtifact | undefined>;
  /** Whether a status.artifact of an ExternalArtifact or ExternalSource names the key. */
  isNamed(key: string): boolean;
  /** Since when all objects are known, in milliseconds since the Unix epoch; undefined if they are not yet. */
  syncedSince(): number | undefined;
  now(): number;
  /** The key that a source publishes now; without it there is no `latest.tar.gz`. */
  currentKey?(source: NamespacedName): string | undefined;
  /** A published artifact was asked for and is not here: to be rebuilt. */
  rebuild?(key: string): void;
  /** One could be had from nowhere for so long that the consumer was told so: to be counted. */
  onMissing?(key: string): void;
  /** The store could not say whether it has a key. */
  onStorageError?(error: StepError): void;
}

/** An answer that consumers would take for "it is gone" is held back for so long while artifacts may be rebuilt. */
const rebuildMs = 30_000;
const retryAfter = { "Retry-After": "5" };
const latest = /\/latest\.tar\.gz$/;

/**
 * Answers for artifacts as Flux downloads them (FLUX §4): 404 makes a consumer give up for a while, 503 makes it retry,
 * so 404 is only said of what is known not to exist.
 */
export function artifactHandler(options: ArtifactHandlerOptions): HttpHandler {
  return async (request) => {
    if (request.method !== "GET" && request.method !== "HEAD") {
      return textAnswer(405, "Only GET and HEAD", { "Allow": "GET, HEAD" });
    }
    const path = request.path.startsWith("/") ? request.path.slice(1) : "";
    if (parseArtifactKey(path)) return await answerFor(path, request, options);
    const source = options.currentKey && latestOf(path);
    if (!source) return notFound();
    const key = options.currentKey!(source);
    if (key === undefined) return options.syncedSince() === undefined ? notYet() : notFound();
    return uncached(await answerFor(key, request, options));
  };
}

/** The source whose current artifact a path asks for. */
function latestOf(path: string): NamespacedName | undefined {
  if (!latest.test(path)) return undefined;
  return parseArtifactKey(path.replace(latest, `/${"0".repeat(64)}.tar.gz`));
}

function uncached(answer: HttpAnswer): HttpAnswer {
  return { ...answer, headers: { ...answer.headers, "Cache-Control": "no-cache, no-transform" } };
}

async function answerFor(
  key: string,
  request: HttpRequest,
  options: ArtifactHandlerOptions,
): Promise<HttpAnswer> {
  try {
    const artifact = await options.open(key);
    return artifact ? present(key, artifact, request) : absent(key, options);
  } catch (error) {
    if (!(error instanceof StepError)) throw error;
    options.onStorageError?.(error);
    return textAnswer(503, "The store does not answer", retryAfter);
  }
}

function absent(key: string, options: ArtifactHandlerOptions): HttpAnswer {
  const since = options.syncedSince();
  if (since === undefined) return notYet();
  if (!options.isNamed(key)) return notFound();
  options.rebuild?.(key);
  if (options.now() - since < rebuildMs) {
    return textAnswer(503, "The artifact is being rebuilt", retryAfter);
  }
  options.onMissing?.(key);
  return notFound();
}

function present(key: string, artifact: StoredArtifact, request: HttpRequest): HttpAnswer {
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

function notFound(): HttpAnswer {
  return textAnswer(404, "No such artifact", { "Cache-Control": "no-store" });
}

function notYet(): HttpAnswer {
  return textAnswer(503, "Not ready: objects are still being read", retryAfter);
}
