import assert from "node:assert/strict";
import type { Socket } from "node:net";
import { StepError } from "../../core/step_error.ts";
import { HttpFetcher } from "../../../tests/http_fetcher.ts";
import { startHttp, startTcp, until } from "../../../tests/upstream.ts";

const timeoutMs = 30_000;

/** The error of a fetch that hangs until the clock has moved. */
async function errorAfter(fetcher: HttpFetcher, url: string, ready: () => boolean) {
  const failed = fetcher.fetch(url).then(() => assert.fail("it came"), (error: unknown) => error);
  await until(ready);
  await fetcher.clock.advance(timeoutMs);
  const error = await failed;
  assert.ok(error instanceof StepError, String(error));
  assert.equal(error.class, "transient");
  assert.equal(error.timedOut, true);
  assert.equal(fetcher.clock.pending, 0);
  assert.deepEqual(fetcher.spooled, []);
  return error.message;
}

Deno.test("fetch() gives up an upstream that accepts and says nothing", async () => {
  let asked = false;
  await using upstream = await startTcp((socket) => socket.once("data", () => asked = true));
  await using fetcher = new HttpFetcher();
  const message = await errorAfter(fetcher, upstream.origin, () => asked);
  assert.match(message, /: no answer within 30s$/);
  await until(() => upstream.sockets.size === 0);
});

Deno.test("fetch() gives up a TLS handshake that nobody answers", async () => {
  let asked = false;
  await using upstream = await startTcp((socket) => socket.once("data", () => asked = true));
  await using fetcher = new HttpFetcher();
  const url = `https://127.0.0.1:${upstream.port}`;
  assert.match(await errorAfter(fetcher, url, () => asked), /: no connection within 30s$/);
  await until(() => upstream.sockets.size === 0);
});

Deno.test("fetch() gives up a resolver that does not answer", async () => {
  let asked = false;
  const lookup = () => {
    asked = true;
    return new Promise<never>(() => {});
  };
  await using fetcher = new HttpFetcher({ environment: { lookup } });
  const message = await errorAfter(fetcher, "http://slow.example/", () => asked);
  assert.match(message, /: no connection within 30s$/);
});

Deno.test("fetch() gives up a body that stops", async () => {
  await using upstream = await startHttp((_request, response) => {
    response.writeHead(200, { "content-length": 100_000_000 }).write("piece");
  });
  await using fetcher = new HttpFetcher();
  const hasPiece = () =>
    fetcher.spooled.some((name) => Deno.statSync(`${fetcher.directory}/${name}`).size > 0);
  const message = await errorAfter(fetcher, upstream.origin, hasPiece);
  assert.match(message, /: (no data for|slower than 64 KiB\/s after) 30s$/);
  await until(() => upstream.sockets.size === 0);
});

Deno.test("fetch() cuts a dripping upstream off, however much it promises", async () => {
  let dripping: Socket | undefined;
  await using upstream = await startHttp((_request, response) => {
    dripping = response.socket ?? undefined;
    response.writeHead(200, { "content-length": 100_000_000 }).flushHeaders();
  });
  await using fetcher = new HttpFetcher();
  const failed = fetcher.fetch(upstream.origin).then(() => "it came", (error: Error) => error);
  await until(() => fetcher.spooled.length === 1);
  const size = () => Deno.statSync(`${fetcher.directory}/1`).size;
  for (let second = 1; second <= 29; second++) {
    dripping?.write("x");
    await until(() => size() === second);
    await fetcher.clock.advance(1_000);
  }
  await fetcher.clock.advance(1_000);
  const error = await failed;
  assert.ok(error instanceof StepError && error.timedOut, String(error));
  assert.match(error.message, /: slower than 64 KiB\/s after 30s$/);
});

Deno.test("fetch() counts redirects into the time to the headers", async () => {
  let last = false;
  await using upstream = await startHttp(async ({ url }, response) => {
    if (url !== "/0") return void (last = true);
    await fetcher.clock.advance(timeoutMs - 1);
    response.writeHead(302, { location: "/1" }).end();
  });
  await using fetcher = new HttpFetcher();
  const failed = fetcher.fetch(`${upstream.origin}/0`).catch((error: Error) => error.message);
  await until(() => last);
  await fetcher.clock.advance(1);
  assert.match(String(await failed), /: no answer within 30s$/);
});
