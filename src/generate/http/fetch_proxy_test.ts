import assert from "node:assert/strict";
import http, { type IncomingMessage } from "node:http";
import net, { type Socket } from "node:net";
import { CertificateAuthority } from "../../../tests/certificate_authority.ts";
import { type FetcherOptions, HttpFetcher } from "../../../tests/http_fetcher.ts";
import { startHttp, startTcp } from "../../../tests/upstream.ts";
import { type ErrorClass, StepError } from "../../core/step_error.ts";

const authority = new CertificateAuthority();
const certificate = authority.issue({ hosts: ["name.example"] });

const fails = (errorClass: ErrorClass, state: RegExp) => (error: unknown) => {
  assert.ok(error instanceof StepError, String(error));
  assert.match(error.message, state);
  assert.equal(error.class, errorClass);
  assert.doesNotMatch(Deno.inspect(error, { depth: 10 }), /canary/);
  return true;
};

/** A proxy that keeps what it was asked and leads everything to loopback. */
async function startProxy() {
  const asked: { line: string; headers: IncomingMessage["headers"] }[] = [];
  const note = ({ method, url, headers }: IncomingMessage) =>
    asked.push({ line: `${method} ${url}`, headers });
  const forward = (request: IncomingMessage, response: http.ServerResponse) => {
    note(request);
    const { port, pathname, search } = new URL(request.url!);
    http.get({ host: "127.0.0.1", port, path: pathname + search }, (answer) => {
      response.writeHead(answer.statusCode!, answer.headers);
      answer.pipe(response);
    });
  };
  const server = http.createServer(forward);
  server.on("connect", (request: IncomingMessage, socket: Socket) => {
    note(request);
    const onward = net.connect(Number(request.url!.split(":")[1]), "127.0.0.1", () => {
      socket.write("HTTP/1.1 200 Connection established\r\nX: y\r\n\r\n");
      onward.pipe(socket).pipe(onward);
    });
    for (const end of [onward, socket]) {
      end.on("error", () => {}).on("close", () => socket.destroy());
    }
    socket.on("close", () => onward.destroy());
  });
  const upstream = await startTcp((socket) => void server.emit("connection", socket));
  return { asked, upstream, [Symbol.asyncDispose]: () => upstream[Symbol.asyncDispose]() };
}

const through = (port: number, { settings, environment }: FetcherOptions = {}) => {
  const proxy = `http://user:canary@127.0.0.1:${port}`;
  return new HttpFetcher({
    settings: { httpProxy: proxy, httpsProxy: proxy, ...settings },
    environment: { lookup: () => Promise.resolve(["127.0.0.1"]), ...environment },
  });
};

const trusted = (url: string) => ({
  spec: { url, caBundleSecretRef: { name: "ca" } },
  secrets: { ca: { "ca.crt": authority.pem } },
});

Deno.test("fetch() asks a proxy for http with the whole URL and its own credentials", async () => {
  await using proxy = await startProxy();
  await using upstream = await startHttp(({ headers }, response) =>
    void response.end(JSON.stringify(headers))
  );
  await using fetcher = through(proxy.upstream.port);
  const url = `http://name.example:${upstream.port}/a?b=1`;
  assert.doesNotMatch(await fetcher.text(url), /proxy-authorization/);
  const [asked] = proxy.asked;
  assert.equal(asked?.line, `GET ${url}`);
  assert.equal(asked?.headers.host, `name.example:${upstream.port}`);
  assert.equal(asked?.headers["proxy-authorization"], `Basic ${btoa("user:canary")}`);
});

Deno.test("fetch() makes a tunnel for https and uses it again", async () => {
  await using proxy = await startProxy();
  await using upstream = await startHttp(({ headers }, response) => {
    response.end(JSON.stringify(headers));
  }, certificate);
  await using fetcher = through(proxy.upstream.port);
  const url = `https://name.example:${upstream.port}/a`;
  for (const _ of [1, 2]) {
    assert.doesNotMatch(await fetcher.text(trusted(url)), /proxy-authorization/);
  }
  assert.deepEqual(proxy.asked.map(({ line }) => line), [`CONNECT name.example:${upstream.port}`]);
  assert.equal(proxy.asked[0]?.headers["proxy-authorization"], `Basic ${btoa("user:canary")}`);
});

Deno.test("fetch() goes around the proxy where NO_PROXY says so", async () => {
  await using proxy = await startProxy();
  await using upstream = await startHttp((_request, response) => void response.end("direct"));
  await using fetcher = through(proxy.upstream.port, { settings: { noProxy: ".example" } });
  assert.equal(await fetcher.text(`http://name.example:${upstream.port}/`), "direct");
  assert.deepEqual(proxy.asked, []);
});

Deno.test("fetch() asks no proxy for what it may not reach itself", async () => {
  await using proxy = await startProxy();
  const environment = { lookup: () => Promise.resolve(["169.254.169.254"]) };
  await using fetcher = through(proxy.upstream.port, {
    environment,
    settings: { fetchProxyTrusted: true },
  });
  for (const url of ["http://metadata.example/", "https://metadata.example/"]) {
    await assert.rejects(fetcher.fetch(url), fails("rejected", /link-local/));
  }
  assert.deepEqual(proxy.asked, []);
});

Deno.test("fetch() leaves a name it cannot resolve to the proxy only if that is trusted", async () => {
  await using proxy = await startProxy();
  await using upstream = await startHttp((_request, response) => void response.end("by proxy"));
  const environment = { lookup: () => Promise.resolve([]) };
  const url = `http://inside.example:${upstream.port}/`;
  await using fetcher = through(proxy.upstream.port, { environment });
  await assert.rejects(fetcher.fetch(url), fails("transient", /host name cannot be resolved/));
  assert.deepEqual(proxy.asked, []);
  const settings = { fetchProxyTrusted: true };
  await using trusting = through(proxy.upstream.port, { environment, settings });
  assert.equal(await trusting.text(url), "by proxy");
});

Deno.test("fetch() classifies the refusals of a proxy", async () => {
  const rows: readonly (readonly [string, ErrorClass, RegExp])[] = [
    ["HTTP/1.1 407 canary\r\n\r\n", "rejected", /: the proxy answers with status 407$/],
    ["HTTP/1.1 403 canary\r\n\r\n", "rejected", /: the proxy answers with status 403$/],
    ["HTTP/1.1 502 canary\r\n\r\n", "transient", /: the proxy answers with status 502$/],
    ["SSH-2.0-canary\r\n\r\n", "rejected", /: the proxy's answer is not HTTP$/],
    ["HTTP/1.1 200 OK\r\n\r\ncanary", "rejected", /: the proxy's answer is not HTTP$/],
    ["x".repeat(100_000), "rejected", /: the proxy's answer is not HTTP$/],
    ["HTTP/1.1 200 OK\r\n", "transient", /: the proxy closed the connection$/],
  ];
  for (const [answer, errorClass, state] of rows) {
    await using proxy = await startTcp((socket) => {
      socket.once("data", () => socket.end(answer));
    });
    await using fetcher = through(proxy.port);
    await assert.rejects(fetcher.fetch("https://name.example/"), fails(errorClass, state));
    assert.equal(fetcher.clock.pending, 0);
  }
});

Deno.test("fetch() ends a tunnel that is never answered with its time", async () => {
  await using proxy = await startTcp((socket) => {
    socket.once("data", () => void fetcher.clock.advance(30_000));
  });
  await using fetcher = through(proxy.port);
  await assert.rejects(
    fetcher.fetch("https://name.example/"),
    fails("transient", /: no connection within 30s$/),
  );
});
