import type { StoredArtifact } from "../store/artifact_store.ts";
import { type StoredBody, textAnswer } from "./http_answer.ts";
import type { HttpHandler } from "./http_handler.ts";
import type { HttpRequest } from "./http_request.ts";

/** All metrics as text. */
export interface RenderedMetrics {
  readonly contentType: string;
  readonly pieces: AsyncIterable<string>;
}

/**
 * `GET /metrics` for Prometheus, compressed if it takes that. With many sources the text is tens of MB: it is kept in no
 * other form than it is sent in, and never as one.
 */
export function metricsHandler(render: () => RenderedMetrics): HttpHandler {
  return async (request) => {
    const { method, path } = request;
    if (method !== "GET" && method !== "HEAD") {
      return textAnswer(405, "Only GET and HEAD", { "Allow": "GET, HEAD" });
    }
    if (path !== "/metrics") return textAnswer(404, "There is /metrics");
    const { contentType, pieces } = render();
    const headers = { "Content-Type": contentType, "Cache-Control": "no-store" };
    const bytes = ReadableStream.from(pieces).pipeThrough(new TextEncoderStream());
    if (!takesGzip(request)) return { status: 200, headers, body: await bodyOf(bytes) };
    return {
      status: 200,
      headers: { ...headers, "Content-Encoding": "gzip", "Vary": "Accept-Encoding" },
      body: await bodyOf(bytes.pipeThrough(new CompressionStream("gzip"))),
    };
  };
}

/** Whether `gzip` is named and not refused (RFC 9110 §12.5.3). */
function takesGzip({ headers }: HttpRequest): boolean {
  const accepted = headers.get("accept-encoding") ?? "";
  return accepted.split(",").some((each) => /^\s*gzip\s*(;\s*q=(?!0(\.0*)?\s*$).*)?$/i.test(each));
}

async function bodyOf(bytes: ReadableStream<Uint8Array>): Promise<StoredBody> {
  const pieces = await Array.fromAsync(bytes);
  const size = pieces.reduce((sum, { length }) => sum + length, 0);
  const artifact: StoredArtifact = {
    size,
    stream: () => ReadableStream.from(pieces.values()),
    close: () => {},
  };
  return { artifact, range: { start: 0, end: size } };
}
