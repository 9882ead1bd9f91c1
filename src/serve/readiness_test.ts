import assert from "node:assert/strict";
import { ManualClock } from "../../tests/manual_clock.ts";
import { probeHandler } from "./probe_handler.ts";
import { parseHttpRequest } from "./http_request.ts";
import { Readiness } from "./readiness.ts";

Deno.test("Readiness waits for all kinds and one answer of the store, and says for what", () => {
  const clock = new ManualClock();
  const readiness = new Readiness(clock, ["ExternalSource", "ExternalArtifact"]);
  readiness.synced("ExternalSource");
  assert.deepEqual(readiness.report(), {
    ready: false,
    checks: { caches: "waiting for ExternalArtifact", store: "waiting for its first answer" },
  });
  assert.equal(readiness.syncedSince, undefined);
  readiness.synced("ExternalArtifact");
  assert.equal(readiness.report().ready, false);
  readiness.storeAnswered();
  assert.deepEqual(readiness.report(), { ready: true, checks: { caches: "ok", store: "ok" } });
});

Deno.test("Readiness does not wait for the store longer than a minute, but for the caches", async () => {
  const clock = new ManualClock();
  const readiness = new Readiness(clock, ["ExternalSource"]);
  await clock.advance(60_000);
  assert.equal(readiness.report().ready, false);
  readiness.synced("ExternalSource");
  readiness.synced("ExternalSource");
  assert.deepEqual(readiness.report(), {
    ready: true,
    checks: { caches: "ok", store: "no answer within 1m" },
  });
  const since = clock.now();
  await clock.advance(1);
  readiness.synced("ExternalSource");
  assert.equal(readiness.syncedSince, since);
});

Deno.test("probeHandler() is healthy before it is ready", async () => {
  const clock = new ManualClock();
  const readiness = new Readiness(clock, ["ExternalSource"]);
  const handler = probeHandler(() => readiness.report());
  const ask = async (line: string) => {
    const { status, body } = await handler(parseHttpRequest(`${line} HTTP/1.1\r\nHost: h`)!);
    return [status, new TextDecoder().decode(body as Uint8Array)];
  };
  assert.deepEqual(await ask("GET /healthz"), [200, '{"healthy":true}\n']);
  const [status, body] = await ask("GET /readyz");
  assert.equal(status, 503);
  assert.deepEqual(JSON.parse(String(body)), readiness.report());
  readiness.synced("ExternalSource");
  readiness.storeAnswered();
  assert.equal((await ask("GET /readyz"))[0], 200);
  assert.equal((await ask("GET /readyz/"))[0], 404);
  assert.equal((await ask("POST /readyz"))[0], 405);
});
