import { textAnswer } from "./http_answer.ts";
import type { HttpHandler } from "./http_handler.ts";

/** All metrics as text. */
export interface RenderedMetrics {
  readonly contentType: string;
  readonly body: string;
}

const encoder = new TextEncoder();

/** `GET /metrics` for Prometheus. */
export function metricsHandler(render: () => Promise<RenderedMetrics>): HttpHandler {
  return async ({ method, path }) => {
    if (method !== "GET" && method !== "HEAD") {
      return textAnswer(405, "Only GET and HEAD", { "Allow": "GET, HEAD" });
    }
    if (path !== "/metrics") return textAnswer(404, "There is /metrics");
    const { contentType, body } = await render();
    const headers = { "Content-Type": contentType, "Cache-Control": "no-store" };
    return { status: 200, headers, body: encoder.encode(body) };
  };
}
