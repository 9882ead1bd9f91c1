import { jsonAnswer, textAnswer } from "./http_answer.ts";
import type { HttpHandler } from "./http_handler.ts";
import type { ReadinessReport } from "./readiness.ts";

/**
 * `/healthz`: this process turns its event loop; nothing outside can make it fail, for a restart would not help.
 * `/readyz`: whether it may get requests, and else what it waits for.
 */
export function probeHandler(readiness: () => ReadinessReport): HttpHandler {
  return ({ method, path }) => {
    if (method !== "GET" && method !== "HEAD") {
      return textAnswer(405, "Only GET and HEAD", { "Allow": "GET, HEAD" });
    }
    if (path === "/healthz") return jsonAnswer(200, { healthy: true });
    if (path !== "/readyz") return textAnswer(404, "There are /healthz and /readyz");
    const report = readiness();
    return jsonAnswer(report.ready ? 200 : 503, report);
  };
}
