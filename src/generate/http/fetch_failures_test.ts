import assert from "node:assert/strict";
import type { RequestListener } from "node:http";
import type { Socket } from "node:net";
import { StepError } from "../../core/step_error.ts";
import { HttpFetcher } from "../../../tests/http_fetcher.ts";
import { startHttp, startTcp, until } from "../../../tests/upstream.ts";

const canary = "canary";
const maxSourceSize = 1024 * 1024;

interface Hostile {
  readonly name: string;
  readonly class: "transient" | "rejected";
  readonly state: RegExp;
  readonly retryAfterMs?: number;
  readonly http?: RequestListener;
  /** What is said once the request is there. */
  readonly tcp?: (socket: Socket) => void;
}

const status = (code: number, headers = {}): RequestListener => (_request, response) =>
  void response.writeHead(code, headers).end(canary.repeat(100));

const say = (...texts: readonly string[]) => (socket: Socket) => {
  for (const text of texts) socket.write(text);
};
const sayAndClose = (text: string) => (socket: Socket) => void socket.end(text);

function endless(socket: Socket): void {
  const piece = canary.repeat(10_000);
  socket.write("HTTP/1.1 200 OK\r\n\r\n");
  const go = () => {
    while (!socket.destroyed && socket.write(piece));
  };
  socket.on("drain", go);
  go();
}

const transient: readonly Omit<Hostile, "class">[] = [
  { name: "500", state: /: status 500$/, http: status(500) },
  { name: "408", state: /: status 408$/, http: status(408) },
  {
    name: "503 with an endless body",
    state: /: status 503$/,
    tcp: say(`HTTP/1.1 503 ${canary}\r\n\r\n`, canary),
  },
  {
    name: "429 with Retry-After",
    state: /: status 429$/,
    retryAfterMs: 7_000,
    http: status(429, { "retry-after": "7" }),
  },
  {
    name: "429 with too long a wait",
    state: /429$/,
    retryAfterMs: 86_400_000,
    http: status(429, { "retry-after": "99999999" }),
  },
  {
    name: "GitHub's rate limit",
    state: /: status 403$/,
    retryAfterMs: 9_000,
    http: status(403, { "x-ratelimit-remaining": "0", "x-ratelimit-reset": "9" }),
  },
  {
    name: "less than Content-Length says",
    state: /: the answer was cut off/,
    tcp: sayAndClose(`HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n${canary}`),
  },
  {
    name: "chunks without an end",
    state: /: the answer was cut off/,
    tcp: sayAndClose(`HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n6\r\n${canary}\r\n`),
  },
  {
    name: "half a chunk",
    state: /: the answer was cut off/,
    tcp: sayAndClose(`HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n60\r\n${canary}`),
  },
  {
    name: "nonsense instead of a chunk",
    state: /: the answer was cut off/,
    tcp: say(`HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n${canary}\r\n`),
  },
  {
    name: "a connection reset",
    state: /: connection (reset|closed by the other side)$/,
    tcp: (socket) => void socket.resetAndDestroy(),
  },
  {
    name: "nothing before the end",
    state: /: connection (reset|closed by the other side)$/,
    tcp: (socket) => void socket.end(),
  },
  {
    name: "half a status line",
    state: /: connection (reset|closed by the other side)$/,
    tcp: sayAndClose("HTTP/1.1 2"),
  },
];

const rejected: readonly Omit<Hostile, "class">[] = [
  { name: "404", state: /: status 404$/, http: status(404) },
  { name: "401", state: /: status 401$/, http: status(401, { "www-authenticate": canary }) },
  {
    name: "404 with Retry-After",
    state: /: status 404$/,
    http: status(404, { "retry-after": "7" }),
  },
  { name: "300", state: /: status 300$/, http: status(300, { location: "/" }) },
  {
    name: "304 that nobody asked for",
    state: /: status 304$/,
    http: (_, response) => void response.writeHead(304).end(),
  },
  {
    name: "206 that nobody asked for",
    state: /: status 206, though not asked$/,
    http: status(206),
  },
  {
    name: "a redirect without Location",
    state: /: status 302 without a Location$/,
    http: status(302),
  },
  {
    name: "a redirect to a file",
    state: /leads to what is no http or https URL$/,
    http: status(302, { location: `file:///${canary}` }),
  },
  {
    name: "a redirect loop",
    state: /: more than 10 redirects$/,
    http: status(301, { location: `/x?${canary}` }),
  },
  {
    name: "a redirect to a metadata address",
    state: /refused: it is a link-local address$/,
    http: status(302, { location: `http://169.254.169.254/latest/${canary}` }),
  },
  {
    name: "a redirect to it in decimal",
    state: /refused: it is a link-local address$/,
    http: status(307, { location: "http://2852039166/" }),
  },
  {
    name: "10 GB declared",
    state: /: the document is larger than 1048576 bytes/,
    tcp: say("HTTP/1.1 200 OK\r\nContent-Length: 10737418240\r\n\r\n", canary),
  },
  { name: "an endless body", state: /: the document is larger than 1048576 bytes/, tcp: endless },
  { name: "no HTTP", state: /: the answer is not HTTP/, tcp: say(`${canary} ready\r\n`) },
  {
    name: "a control character in a header",
    state: /: the answer is not HTTP/,
    tcp: say(`HTTP/1.1 200 OK\r\nX-Y: ${canary}\x01\r\n`),
  },
  {
    name: "a control character in a header after Content-Length",
    state: /: the answer is not HTTP/,
    tcp: say(`HTTP/1.1 200 OK\r\nContent-Length: 6\r\nX-Y: \x01\r\n\r\n${canary}`),
  },
  {
    name: "two values of Content-Length",
    state: /: the answer is not HTTP/,
    tcp: say(`HTTP/1.1 200 OK\r\nContent-Length: 6\r\nContent-Length: 5\r\n\r\n${canary}`),
  },
  {
    name: "Content-Length beside Transfer-Encoding",
    state: /: the answer is not HTTP/,
    tcp: say("HTTP/1.1 200 OK\r\nContent-Length: 6\r\nTransfer-Encoding: chunked\r\n\r\n"),
  },
  {
    name: "headers without end",
    state: /: its headers are too large$/,
    tcp: say("HTTP/1.1 200 OK\r\n", `X-Y: ${canary}\r\n`.repeat(50_000)),
  },
];

const rows: readonly Hostile[] = [
  ...transient.map((row) => ({ ...row, class: "transient" as const })),
  ...rejected.map((row) => ({ ...row, class: "rejected" as const })),
];

function start({ http, tcp }: Hostile) {
  return http ? startHttp(http) : startTcp((socket) => {
    socket.once("data", () => tcp?.(socket));
  });
}

for (const row of rows) {
  Deno.test(`fetch() calls ${row.name} ${row.class}, tells no secret and leaves nothing behind`, async () => {
    await using upstream = await start(row);
    await using fetcher = new HttpFetcher({ environment: { maxSourceSize } });
    const url = `http://canary1:canary2@127.0.0.1:${upstream.port}/a/b?token=canary3#canary4`;
    const spec = { url, headersSecretRef: { name: "api" } };
    const secrets = { api: { Cookie: "canary5", "X-Token": "canary6" } };
    const error = await fetcher.fetch({ spec, secrets }).catch((error: unknown) => error);
    assert.ok(error instanceof StepError, String(error));
    assert.match(error.message, row.state);
    assert.ok(error.message.startsWith(`Cannot fetch "http://127.0.0.1:${upstream.port}/a/b": `));
    assert.equal(error.class, row.class);
    assert.equal(error.reason, "FetchFailed");
    assert.equal(error.retryAfterMs, row.retryAfterMs);
    assert.equal(error.timedOut, false);
    assert.doesNotMatch(Deno.inspect(error, { depth: 10, showHidden: true }), /canary/);
    assert.deepEqual(fetcher.spooled, []);
    assert.equal(fetcher.clock.pending, 0);
  });
}

Deno.test("fetch() does not ask again at once whoever does not answer in HTTP", async () => {
  let requests = 0;
  await using upstream = await startTcp((socket) => {
    socket.on("data", () => {
      requests++;
      socket.write("HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n");
    });
  });
  await using fetcher = new HttpFetcher();
  const request = { spec: { url: upstream.origin }, mayRepeat: true };
  await assert.rejects(fetcher.fetch(request), /not HTTP/);
  assert.equal(requests, 1);
});

Deno.test("fetch() calls a refused connection and a name without address transient", async () => {
  const upstream = await startTcp(() => {});
  await upstream[Symbol.asyncDispose]();
  const lookup = () => Promise.reject(Object.assign(new Error(canary), { code: "ENOTFOUND" }));
  await using fetcher = new HttpFetcher({ environment: { lookup } });
  const isTransient = (state: RegExp) => (error: unknown) =>
    error instanceof StepError && error.class === "transient" && state.test(error.message) &&
    !Deno.inspect(error).includes(canary);
  await assert.rejects(fetcher.fetch(upstream.origin), isTransient(/: connection refused$/));
  await assert.rejects(
    fetcher.fetch("http://nowhere.example/?canary"),
    isTransient(/: its host name cannot be resolved \(ENOTFOUND\)$/),
  );
});

Deno.test("fetch() closes the connections of 50 fetches that are aborted in mid body", async () => {
  let started = 0;
  await using upstream = await startHttp((_request, response) => {
    response.write("piece");
    started++;
  });
  await using fetcher = new HttpFetcher();
  const abort = new AbortController();
  const request = { spec: { url: upstream.origin }, signal: abort.signal };
  const fetches = Array.from({ length: 50 }, () => fetcher.fetch(request));
  await until(() => started === 50);
  abort.abort(new Error("enough"));
  for (const result of await Promise.allSettled(fetches)) assert.equal(result.status, "rejected");
  await until(() => upstream.sockets.size === 0);
  assert.deepEqual(fetcher.spooled, []);
  assert.equal(fetcher.clock.pending, 0);
});
