import assert from "node:assert/strict";
import { gunzipSync } from "node:zlib";
import type { HttpAnswer, StoredBody } from "./http_answer.ts";
import { parseHttpRequest } from "./http_request.ts";
import { metricsHandler } from "./metrics_handler.ts";

const handler = metricsHandler(() => ({
  contentType: "text/x",
  pieces: async function* () {
    yield "a 1\n";
    yield "ä 2\n".repeat(100_000);
  }(),
}));
const text = `a 1\n${"ä 2\n".repeat(100_000)}`;

const ask = (line: string, ...fields: readonly string[]) =>
  handler(parseHttpRequest([`${line} HTTP/1.1`, "Host: h", ...fields].join("\r\n"))!);

/** The bytes of an answer, as many as it says, and the longest piece of them. */
async function read({ body }: HttpAnswer) {
  const { artifact, range } = body as StoredBody;
  const pieces = await Array.fromAsync(artifact.stream());
  const bytes = new Uint8Array(await new Blob(pieces as BlobPart[]).arrayBuffer());
  assert.deepEqual([range.start, range.end, artifact.size], [0, bytes.length, bytes.length]);
  return bytes;
}

Deno.test("metricsHandler() answers /metrics with what it renders, and nothing else", async () => {
  const answer = await ask("GET /metrics?name=a");
  assert.equal(answer.status, 200);
  assert.deepEqual(answer.headers, { "Content-Type": "text/x", "Cache-Control": "no-store" });
  assert.equal(new TextDecoder().decode(await read(answer)), text);
  assert.equal((await ask("GET /")).status, 404);
  assert.equal((await ask("POST /metrics")).status, 405);
});

Deno.test("metricsHandler() compresses what it renders for those that take gzip", async () => {
  const accepted = ["gzip", "deflate, GZIP;q=0.5", "br,gzip ; q=1"];
  for (const each of accepted) {
    const answer = await ask("GET /metrics", `Accept-Encoding: ${each}`);
    assert.equal(answer.headers?.["Content-Encoding"], "gzip", each);
    const bytes = await read(answer);
    assert.ok(bytes.length < text.length / 100);
    assert.equal(gunzipSync(bytes).toString(), text);
  }
  for (const each of ["", "identity", "gzip;q=0", "gzip; q=0.000", "xgzip"]) {
    const answer = await ask("GET /metrics", `Accept-Encoding: ${each}`);
    assert.equal(answer.headers?.["Content-Encoding"], undefined, each);
  }
});
