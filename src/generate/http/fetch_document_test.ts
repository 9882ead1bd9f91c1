import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import type { IncomingMessage } from "node:http";
import { gzipSync } from "node:zlib";
import { HttpFetcher } from "../../../tests/http_fetcher.ts";
import { startHttp } from "../../../tests/upstream.ts";

const auth = { url: "", headersSecretRef: { name: "api" } };

Deno.test("fetch() sends the method, our User-Agent, no encoding and the header Secret", async () => {
  let seen: IncomingMessage | undefined;
  await using upstream = await startHttp((request, response) => {
    seen = request;
    response.end();
  });
  await using fetcher = new HttpFetcher();
  const secrets = { api: { "X-Token": "t\n", Host: "evil.example", "Transfer-Encoding": "x" } };
  const spec = { ...auth, url: `${upstream.origin}/a%20b?q=1#top`, method: "POST" };
  await fetcher.fetch({ spec, secrets });
  assert.equal(seen?.method, "POST");
  assert.equal(seen?.url, "/a%20b?q=1");
  assert.deepEqual(seen?.headers, {
    host: `127.0.0.1:${upstream.port}`,
    connection: "keep-alive",
    "user-agent": "externalsource-controller/1.0",
    "accept-encoding": "identity",
    "x-token": "t",
    "content-length": "0",
  });
});

Deno.test("fetch() lets the Secret override User-Agent and user info of the URL", async () => {
  let seen: IncomingMessage["headers"] = {};
  await using upstream = await startHttp((request, response) => {
    seen = request.headers;
    response.end();
  });
  await using fetcher = new HttpFetcher();
  const url = `http://us%40er:pass@127.0.0.1:${upstream.port}/`;
  await fetcher.fetch(url);
  assert.equal(seen.authorization, `Basic ${btoa("us@er:pass")}`);
  const secrets = { api: { Authorization: "Bearer x", "user-agent": "mine" } };
  await fetcher.fetch({ spec: { ...auth, url }, secrets });
  assert.equal(seen.authorization, "Bearer x");
  assert.equal(seen["user-agent"], "mine");
});

Deno.test("fetch() keeps the bytes of an encoding that nobody asked for", async () => {
  const bytes = gzipSync("hello");
  await using upstream = await startHttp((_request, response) => {
    response.writeHead(200, { "content-encoding": "gzip" }).end(bytes);
  });
  await using fetcher = new HttpFetcher();
  const fetched = await fetcher.fetch(upstream.origin);
  assert.ok(fetched.changed);
  assert.deepEqual(await Deno.readFile(fetched.document.file), new Uint8Array(bytes));
});

Deno.test("fetch() streams 20 MB in pieces and hashes them", async () => {
  const piece = new Uint8Array(1024 * 1024).fill(7);
  const hash = createHash("sha256");
  await using upstream = await startHttp((_request, response) => {
    for (let count = 0; count < 20; count++) {
      hash.update(piece);
      response.write(piece);
    }
    response.end();
  });
  await using fetcher = new HttpFetcher();
  const fetched = await fetcher.fetch(upstream.origin);
  assert.ok(fetched.changed);
  assert.equal(fetched.document.size, 20 * 1024 * 1024);
  assert.equal(fetched.document.sha256, hash.digest("hex"));
});

Deno.test("fetch() takes an empty document, 204 and a body that ends with the connection", async () => {
  await using upstream = await startHttp(({ url }, response) => {
    if (url === "/empty") response.end();
    else if (url === "/204") response.writeHead(204).end();
    else response.socket?.end("HTTP/1.0 200 OK\r\n\r\nto the end");
  });
  await using fetcher = new HttpFetcher();
  assert.equal(await fetcher.text(`${upstream.origin}/empty`), "");
  assert.equal(await fetcher.text(`${upstream.origin}/204`), "");
  assert.equal(await fetcher.text(`${upstream.origin}/close`), "to the end");
});

Deno.test("fetch() asks with both validators and takes new ones from a 304", async () => {
  const seen: (string | undefined)[] = [];
  await using upstream = await startHttp(({ headers }, response) => {
    seen.push(headers["if-none-match"], headers["if-modified-since"]);
    response.writeHead(304, { etag: '"2"' }).end();
  });
  await using fetcher = new HttpFetcher();
  const validators = { etag: '"1"', lastModified: "Sun, 06 Nov 1994 08:49:37 GMT" };
  const fetched = await fetcher.fetch({ spec: { url: upstream.origin }, validators });
  assert.deepEqual(seen, ['"1"', "Sun, 06 Nov 1994 08:49:37 GMT"]);
  assert.deepEqual(fetched, { changed: false, validators: { ...validators, etag: '"2"' } });
  assert.deepEqual(fetcher.spooled, []);
});

Deno.test("fetch() tells what good and bad answers say of how fast their host wants to be asked", async () => {
  await using upstream = await startHttp(({ url }, response) => {
    const limits = { "x-ratelimit-remaining": "0", "x-ratelimit-reset": "60" };
    const [status, headers] = url === "/429" ? [429, { "retry-after": "5" }] : [200, limits];
    response.writeHead(url === "/304" ? 304 : status, { ...headers }).end();
  });
  await using fetcher = new HttpFetcher();
  const changed = await fetcher.fetch(upstream.origin);
  const validators = { etag: '"1"' };
  const unchanged = await fetcher.fetch({ spec: { url: `${upstream.origin}/304` }, validators });
  for (const { hostLimits } of [changed, unchanged]) {
    assert.deepEqual(hostLimits, { isRefusal: false, holdMs: 60_000 });
  }
  await assert.rejects(fetcher.fetch(`${upstream.origin}/429`), {
    retryAfterMs: 5_000,
    hostLimits: { isRefusal: true, holdMs: 5_000 },
  });
});

Deno.test("fetch() does not ask conditionally with a method that has no such answer", async () => {
  await using upstream = await startHttp(({ headers }, response) => {
    response.end(String(headers["if-none-match"]));
  });
  await using fetcher = new HttpFetcher();
  const spec = { url: upstream.origin, method: "POST" };
  assert.equal(await fetcher.text({ spec, validators: { etag: '"1"' } }), "undefined");
});

Deno.test("fetch() forgets an ETag of *, with which every later request would be answered 304", async () => {
  await using upstream = await startHttp((_request, response) => {
    response.writeHead(200, { etag: "*", "last-modified": "then" }).end();
  });
  await using fetcher = new HttpFetcher();
  const fetched = await fetcher.fetch(upstream.origin);
  assert.deepEqual(fetched.changed && fetched.validators, { lastModified: "then" });
});

Deno.test("fetch() forgets validators that are too long to keep", async () => {
  await using upstream = await startHttp((_request, response) => {
    response.writeHead(200, { etag: `"${"x".repeat(2_000)}"`, "last-modified": "then" }).end();
  });
  await using fetcher = new HttpFetcher();
  const { validators } = await fetcher.fetch(upstream.origin);
  assert.deepEqual(validators, { lastModified: "then" });
});

Deno.test("fetch() follows redirects within an origin with all headers and names the final URL", async () => {
  await using upstream = await startHttp(({ url, headers }, response) => {
    if (url === "/final/name.json?key=canary") response.end(headers["x-token"]);
    else {
      const headers = { location: "/final/name.json?key=canary", "content-length": 5 };
      response.writeHead(302, headers).end("moved");
    }
  });
  await using fetcher = new HttpFetcher();
  const request = { spec: { ...auth, url: upstream.origin }, secrets: { api: { "X-Token": "t" } } };
  const fetched = await fetcher.fetch(request);
  assert.ok(fetched.changed);
  assert.equal(fetched.finalUrl, `${upstream.origin}/final/name.json`);
  assert.equal(await Deno.readTextFile(fetched.document.file), "t");
  assert.equal(upstream.accepted, 1, "the body of a redirect is read so that the connection stays");
});

Deno.test("fetch() gives another origin no secret, and its own User-Agent", async () => {
  let seen: IncomingMessage["headers"] = {};
  await using other = await startHttp((request, response) => {
    seen = request.headers;
    response.end();
  });
  await using upstream = await startHttp((_request, response) => {
    response.writeHead(307, { location: `${other.origin}/` }).end();
  });
  await using fetcher = new HttpFetcher();
  const spec = { ...auth, url: `http://u:p@127.0.0.1:${upstream.port}` };
  const data = { "X-Token": "t", Cookie: "c", "User-Agent": "secret agent" };
  await fetcher.fetch({ spec, secrets: { api: data } });
  assert.deepEqual(seen, {
    host: `127.0.0.1:${other.port}`,
    connection: "keep-alive",
    "accept-encoding": "identity",
    "user-agent": "externalsource-controller/1.0",
  });
});

Deno.test("fetch() uses one connection again after every answer that is read to its end", async () => {
  await using upstream = await startHttp(({ url }, response) => {
    const status = Number(url!.slice(1));
    if (status === 302) response.setHeader("location", "/200");
    if (status !== 304) response.setHeader("content-length", 0);
    response.writeHead(status).end();
  });
  await using fetcher = new HttpFetcher();
  for (const status of [200, 204, 302, 304, 404, 503, 200]) {
    const spec = { url: `${upstream.origin}/${status}` };
    await fetcher.fetch({ spec, validators: { etag: '"1"' } }).catch(() => {});
  }
  assert.equal(upstream.accepted, 1);
});

Deno.test("fetch() takes a 304 that gives the length of the document", async () => {
  await using upstream = await startHttp((_request, response) => {
    response.writeHead(304, { "content-length": 900_000_000 }).end();
  });
  await using fetcher = new HttpFetcher();
  const request = { spec: { url: upstream.origin }, validators: { etag: '"1"' } };
  assert.equal(await fetcher.text(request), "(unchanged)");
});

Deno.test("fetch() repeats once what breaks before a status line, if it may and the method is idempotent", async () => {
  let count = 0;
  await using upstream = await startHttp((request, response) => {
    if (++count % 2 === 1) request.socket.destroy();
    else response.end("second");
  });
  await using fetcher = new HttpFetcher();
  const url = upstream.origin;
  assert.equal(await fetcher.text({ spec: { url }, mayRepeat: true }), "second");
  for (const refused of [{ spec: { url } }, { spec: { url, method: "POST" }, mayRepeat: true }]) {
    count = 0;
    await using fresh = new HttpFetcher();
    await assert.rejects(fresh.fetch(refused), /closed|reset/);
    assert.equal(count, 1);
  }
});

Deno.test("fetch() repeats no more than once", async () => {
  let count = 0;
  await using upstream = await startHttp((request) => {
    count++;
    request.socket.destroy();
  });
  await using fetcher = new HttpFetcher();
  await assert.rejects(fetcher.fetch({ spec: { url: upstream.origin }, mayRepeat: true }));
  assert.equal(count, 2);
});

Deno.test("fetch() takes a new connection if the idle one turns out to be given up", async () => {
  const used = new Set<unknown>();
  await using upstream = await startHttp(({ socket }, response) => {
    if (used.has(socket)) return void socket.destroy();
    used.add(socket);
    response.end("x");
  });
  await using fetcher = new HttpFetcher();
  for (let count = 0; count < 3; count++) assert.equal(await fetcher.text(upstream.origin), "x");
  assert.equal(upstream.accepted, 3);
});

Deno.test("fetch() takes no 304 for a condition that the Secret made", async () => {
  await using upstream = await startHttp((_request, response) =>
    void response.writeHead(304).end()
  );
  await using fetcher = new HttpFetcher();
  const spec = { ...auth, url: upstream.origin };
  const secrets = { api: { "If-None-Match": '"1"' } };
  await assert.rejects(fetcher.fetch({ spec, secrets }), /: status 304$/);
});

Deno.test("fetch() ends with the caller's reason and leaves no file or connection when aborted", async () => {
  const reason = new Error("shutting down");
  const abort = new AbortController();
  await using upstream = await startHttp((_request, response) => {
    response.write("piece");
    abort.abort(reason);
  });
  await using fetcher = new HttpFetcher();
  const request = { spec: { url: upstream.origin }, signal: abort.signal };
  await assert.rejects(fetcher.fetch(request), reason);
  await assert.rejects(fetcher.fetch(request), reason);
  assert.deepEqual(fetcher.spooled, []);
  assert.equal(fetcher.clock.pending, 0);
});
