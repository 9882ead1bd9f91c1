import assert from "node:assert/strict";
import { ManualClock } from "../../tests/manual_clock.ts";
import { settle } from "../../tests/settle.ts";
import type { StoredArtifact } from "../store/artifact_store.ts";
import type { CutReason } from "./connection_table.ts";
import type { HttpAnswer } from "./http_answer.ts";
import type { HttpHandler } from "./http_handler.ts";
import { HttpServer, type HttpServerOptions } from "./http_server.ts";
import type { AnsweredRequest } from "./server_observer.ts";

const encoder = new TextEncoder();
const get = (path: string) => `GET ${path} HTTP/1.1\r\nHost: h\r\n\r\n`;
/** More than the kernel takes off our hands for a client that does not read. */
const tooMuch = 32 * 1024 * 1024;
const bytes = crypto.getRandomValues(new Uint8Array(50_000));

/** An artifact in memory, read at a position or as a stream. */
function artifact(size: number, kind: "read" | "stream"): StoredArtifact {
  const at = (position: number) => bytes.subarray(position % bytes.length);
  const stream = (range = { start: 0, end: size }) => {
    let { start } = range;
    return new ReadableStream<Uint8Array>({
      pull(controller) {
        const piece = at(start).slice(0, range.end - start);
        start += piece.length;
        if (piece.length > 0) controller.enqueue(piece);
        else controller.close();
      },
    });
  };
  const read = (into: Uint8Array, position: number) => {
    const piece = at(position).subarray(0, Math.min(into.length, size - position));
    into.set(piece);
    return piece.length;
  };
  return { size, stream, close() {}, ...(kind === "read" ? { read } : {}) };
}

function answerWith(stored: StoredArtifact): HttpAnswer {
  return { status: 200, body: { artifact: stored, range: { start: 0, end: stored.size } } };
}

/** A server with a clock that stands still, and everything that its observer was told. */
class Served implements AsyncDisposable {
  readonly clock = new ManualClock();
  /** Requests that are being answered. */
  inFlight = 0;
  readonly answered: AnsweredRequest[] = [];
  readonly cuts: CutReason[] = [];
  readonly failed: unknown[] = [];
  readonly server: HttpServer;
  readonly #clients: Deno.Conn[] = [];

  constructor(handler: HttpHandler, limits: HttpServerOptions["limits"] = {}) {
    this.server = new HttpServer({
      address: { hostname: "127.0.0.1", port: 0 },
      handler,
      clock: this.clock,
      limits,
      observer: {
        started: () => this.inFlight++,
        answered: (request) => {
          this.inFlight--;
          this.answered.push(request);
        },
        cut: (reason) => this.cuts.push(reason),
        failed: (error) => this.failed.push(error),
      },
    });
  }

  get url(): string {
    return `http://127.0.0.1:${this.server.address.port}`;
  }

  async client(text: string): Promise<Deno.Conn> {
    const client = await Deno.connect(this.server.address);
    this.#clients.push(client);
    await client.write(encoder.encode(text));
    return client;
  }

  /** A client that the server has noticed. */
  async noticed(text: string): Promise<Deno.Conn> {
    const before = this.server.connections;
    const client = await this.client(text);
    await until(() => this.server.connections > before);
    return client;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const client of this.#clients) client.close();
    const drained = this.server.drain(0);
    await this.clock.advance(0);
    await drained;
    await settle();
    assert.equal(this.inFlight, 0, "every request that is started is answered");
  }
}

/** Turns the event loop until something outside this process, a socket, has happened. */
async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await settle();
}

async function readToEnd(client: Deno.Conn): Promise<string> {
  const text: string[] = [];
  const piece = new Uint8Array(64 * 1024);
  for (;;) {
    const count = await client.read(piece).catch(() => null); // a reset is an end too
    if (count === null) return text.join("");
    text.push(new TextDecoder("latin1").decode(piece.subarray(0, count)));
  }
}

for (const kind of ["read", "stream"] as const) {
  Deno.test(`HttpServer sends artifacts that ${kind} whole, in part and to HEAD`, async () => {
    for (const size of [0, 1, 50_000, 300_000, 2_000_001]) {
      await using served = new Served(({ path }) => {
        const stored = artifact(size, kind);
        if (path === "/whole") return answerWith(stored);
        const range = { start: Math.floor(size / 3), end: Math.floor(size / 2) };
        return { status: 206, body: { artifact: stored, range } };
      });
      const expected = new Uint8Array(size).map((_, i) => bytes[i % bytes.length]!);
      const whole = await fetch(`${served.url}/whole`);
      assert.deepEqual(await whole.bytes(), expected, `whole of ${size}`);
      const part = await fetch(`${served.url}/part`);
      assert.equal(part.status, 206);
      const [start, end] = [Math.floor(size / 3), Math.floor(size / 2)];
      assert.deepEqual(await part.bytes(), expected.slice(start, end), `part of ${size}`);
      const head = await fetch(`${served.url}/whole`, { method: "HEAD" });
      assert.equal(head.headers.get("content-length"), `${size}`);
      assert.equal((await head.bytes()).length, 0);
      await until(() => served.answered.length === 3);
      assert(served.answered[0]!.complete && served.answered[0]!.bytes > size);
    }
  });
}

Deno.test("HttpServer answers many requests of one connection in their order", async () => {
  await using served = new Served(({ path }) => ({ status: 200, body: encoder.encode(path) }));
  const client = await served.client(
    `\r\n${get("/a")}${get("/b")}GET /c HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n${
      get("/4")
    }`,
  );
  const text = await readToEnd(client);
  assert.deepEqual(text.match(/\/[a-d]/g), ["/a", "/b", "/c"]);
  assert.equal(text.match(/Connection: close/g)?.length, 1);
});

Deno.test("HttpServer answers what is wrong with a request so that its client can read it", async () => {
  await using served = new Served(() => {
    throw new Error("secret");
  });
  const body = "x".repeat(500_000);
  const cases: readonly [string, RegExp][] = [
    ["nonsense\r\n\r\n", /^HTTP\/1\.1 400 /],
    [`GET / HTTP/1.1\r\nHost: h\r\nX: ${"y".repeat(20_000)}\r\n\r\n`, /^HTTP\/1\.1 431 /],
    [`POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 500000\r\n\r\n${body}`, /^HTTP\/1\.1 500 /],
  ];
  for (const [request, expected] of cases) {
    const client = await served.client("");
    // Writes all before it reads, as simple clients do: a reset in between would lose the answer.
    await writeAll(client, request);
    const text = await readToEnd(client);
    assert.match(text, expected);
    assert.match(text, /Connection: close/);
    assert.doesNotMatch(text, /secret/);
  }
  assert.equal(served.failed.length, 1);
});

async function writeAll(client: Deno.Conn, text: string): Promise<void> {
  let rest = encoder.encode(text);
  while (rest.length > 0) rest = rest.subarray(await client.write(rest));
  await client.closeWrite();
}

Deno.test("HttpServer closes a connection whose request does not come, however it drips", async () => {
  await using served = new Served(() => ({ status: 200 }), { headMs: 10_000 });
  const silent = await served.noticed("");
  const dripping = await served.noticed("GET / HT");
  await served.clock.advance(9_000);
  await dripping.write(encoder.encode("TP"));
  await settle();
  assert.deepEqual(served.cuts, []);
  await served.clock.advance(1_000);
  assert.deepEqual(served.cuts, ["head-timeout", "head-timeout"]);
  assert.deepEqual([await readToEnd(silent), await readToEnd(dripping)], ["", ""]);
});

Deno.test("HttpServer closes a connection that is idle for too long, not one that goes on", async () => {
  await using served = new Served(() => ({ status: 200 }), { idleMs: 120_000 });
  const idle = await served.client(get("/"));
  const busy = await served.client(get("/"));
  await until(() => served.answered.length === 2);
  await settle();
  await served.clock.advance(60_000);
  await busy.write(encoder.encode(get("/")));
  await until(() => served.answered.length === 3);
  await settle();
  await served.clock.advance(60_000);
  assert.deepEqual(served.cuts, ["idle"]);
  assert.match(await readToEnd(idle), /^HTTP\/1\.1 200 /);
  assert.equal(served.server.connections, 1);
});

for (const kind of ["read", "stream"] as const) {
  Deno.test(`HttpServer gives up a client that takes no byte of what it ${kind}s`, async () => {
    let closed = 0;
    const handler = () => {
      const stored = artifact(tooMuch, kind);
      return answerWith({ ...stored, close: () => closed++ });
    };
    await using served = new Served(handler, { stallMs: 30_000 });
    await served.noticed(get("/"));
    // Every byte that the kernel takes counts as progress, so wait until it is full.
    await until(() => served.server.inFlight === 1);
    while (served.cuts.length === 0) await served.clock.advance(30_000);
    assert.deepEqual(served.cuts, ["stalled"]);
    await until(() => served.answered.length === 1);
    assert.equal(served.answered[0]!.complete, false);
    assert(served.answered[0]!.bytes < tooMuch);
    assert.equal(closed, 1);
    assert.equal(served.server.connections, 0);
  });
}

Deno.test("HttpServer keeps serving under more silent and non-reading clients than it may hold", async () => {
  const limits = { connections: 16 };
  const handler: HttpHandler = ({ path }) =>
    answerWith(artifact(path === "/large" ? tooMuch : 50_000, "read"));
  await using served = new Served(handler, limits);
  const slow = await served.client(get("/large"));
  for (let i = 0; i < 8; i++) await served.noticed(get("/large"));
  for (let i = 0; i < 100; i++) await served.client("GET / HT");
  const small = await fetch(`${served.url}/small`, { headers: { "Connection": "close" } });
  assert.equal((await small.bytes()).length, 50_000);
  assert(served.server.connections <= limits.connections, `${served.server.connections}`);
  await until(() => served.cuts.length >= 90);
  assert.deepEqual([...new Set(served.cuts)], ["surplus"]);
  let received = 0;
  const piece = new Uint8Array(256 * 1024);
  while (received < tooMuch) received += await slow.read(piece) ?? assert.fail("cut off");
});

Deno.test("HttpServer cuts an answer whose artifact is shorter than its size", async () => {
  const stored = artifact(1_000, "read");
  await using served = new Served(() => answerWith({ ...stored, size: 1_001 }));
  assert.doesNotMatch(await readToEnd(await served.client(get("/"))), /Connection: close/);
  assert.equal(served.answered[0]!.complete, false);
});

Deno.test("HttpServer.drain() lets downloads end, closes the rest and takes nobody new", async () => {
  await using served = new Served(() => answerWith(artifact(tooMuch, "read")));
  const silent = await served.noticed("GET /");
  const download = await served.noticed(get("/"));
  await until(() => served.server.inFlight === 1);
  let drained = false;
  const drain = served.server.drain(30_000).then(() => drained = true);
  assert.equal(await readToEnd(silent), "");
  await assert.rejects(Deno.connect(served.server.address), Deno.errors.ConnectionRefused);
  assert.equal(drained, false);
  assert((await readToEnd(download)).length > tooMuch);
  await drain;
  assert.equal(served.answered[0]!.complete, true);
});

Deno.test("HttpServer.drain() cuts downloads when its time is over", async () => {
  await using served = new Served(() => answerWith(artifact(tooMuch, "read")));
  await served.noticed(get("/"));
  await until(() => served.server.inFlight === 1);
  const drain = served.server.drain(30_000);
  await served.clock.advance(29_999);
  assert.equal(served.answered.length, 0);
  await served.clock.advance(1);
  await drain;
  await until(() => served.answered.length === 1);
  assert.equal(served.answered[0]!.complete, false);
});
