import assert from "node:assert/strict";
import { parseHttpRequest } from "./http_request.ts";
import { metricsHandler } from "./metrics_handler.ts";

Deno.test("metricsHandler() answers /metrics with what it renders, and nothing else", async () => {
  const handler = metricsHandler(() => Promise.resolve({ contentType: "text/x", body: "a 1\n" }));
  const ask = (line: string) => handler(parseHttpRequest(`${line} HTTP/1.1\r\nHost: h`)!);
  const answer = await ask("GET /metrics?name=a");
  assert.equal(answer.status, 200);
  assert.equal(answer.headers?.["Content-Type"], "text/x");
  assert.equal(new TextDecoder().decode(answer.body as Uint8Array), "a 1\n");
  assert.equal((await ask("GET /")).status, 404);
  assert.equal((await ask("POST /metrics")).status, 405);
});
