import assert from "node:assert/strict";
import { CertificateAuthority } from "../../tests/certificate_authority.ts";
import { ManualClock } from "../../tests/manual_clock.ts";
import { settle } from "../../tests/settle.ts";
import type { CutReason } from "./connection_table.ts";
import { textAnswer } from "./http_answer.ts";
import { HttpServer } from "./http_server.ts";

const authority = new CertificateAuthority();
const other = new CertificateAuthority("another authority");
const hosts = ["artifacts.test", "127.0.0.1"];

class Served implements AsyncDisposable {
  readonly clock = new ManualClock();
  readonly cuts: CutReason[] = [];
  readonly failed: unknown[] = [];
  readonly server: HttpServer;

  constructor(connections = 100) {
    this.server = new HttpServer({
      address: { hostname: "127.0.0.1", port: 0 },
      certificate: authority.issue({ hosts }),
      handler: ({ remoteAddress }) => textAnswer(200, remoteAddress),
      clock: this.clock,
      limits: { connections },
      observer: {
        cut: (reason) => this.cuts.push(reason),
        failed: (error) => this.failed.push(error),
      },
    });
  }

  /** A client that trusts one authority. */
  async connect(ca = authority): Promise<Deno.TlsConn> {
    const { hostname, port } = this.server.address;
    const connection = await Deno.connectTls({ hostname, port, caCerts: [ca.pem] });
    try {
      await connection.handshake();
    } catch (error) {
      connection.close();
      throw error;
    }
    return connection;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const drained = this.server.drain(0);
    await this.clock.advance(0);
    await drained;
    await settle();
  }
}

/** Sends one request and reads what comes at once. */
async function ask(connection: Deno.Conn): Promise<string> {
  await connection.write(new TextEncoder().encode("GET / HTTP/1.1\r\nHost: h\r\n\r\n"));
  const piece = new Uint8Array(4_096);
  const count = await connection.read(piece);
  return new TextDecoder().decode(piece.subarray(0, count ?? 0));
}

Deno.test("HttpServer speaks TLS and nothing else", async () => {
  await using served = new Served();
  const client = await served.connect();
  for (let again = 0; again < 2; again++) {
    assert.match(await ask(client), /^HTTP\/1.1 200 OK\r\n[^]*127\.0\.0\.1\n$/);
  }
  client.close();
  const plain = await Deno.connect(served.server.address);
  await plain.write(new TextEncoder().encode("GET / HTTP/1.1\r\nHost: h\r\n\r\n"));
  const text = new TextDecoder().decode(
    await new Response(plain.readable).bytes().catch(() => new Uint8Array()),
  );
  assert.doesNotMatch(text, /HTTP/);
  await assert.rejects(served.connect(other));
  while (served.server.connections > 0) await settle();
  assert.deepEqual(served.failed, []);
});

Deno.test("HttpServer changes its certificate under connections that go on", async () => {
  await using served = new Served();
  const before = await served.connect();
  for (const ca of [other, authority, other]) {
    served.server.useCertificate(ca.issue({ hosts }));
    const after = await served.connect(ca);
    assert.match(await ask(after), /^HTTP\/1.1 200/);
    assert.match(await ask(before), /^HTTP\/1.1 200/);
    after.close();
  }
  await assert.rejects(served.connect(authority));
  before.close();
  assert.deepEqual(served.failed, []);
});

Deno.test("HttpServer bounds and ends handshakes that nobody finishes", async () => {
  await using served = new Served(20);
  const clients = await Promise.all(
    Array.from({ length: 60 }, () => Deno.connect(served.server.address)),
  );
  while (served.cuts.length < 40) await settle();
  assert.equal(served.server.connections, 20);
  assert.deepEqual(new Set(served.cuts), new Set(["surplus"]));
  const good = await served.connect();
  assert.match(await ask(good), /200/, "a good client gets through");
  good.close();
  // What begins like a handshake and never goes on.
  for (const client of clients) await client.write(new Uint8Array([22, 3, 1, 2])).catch(() => {});
  await served.clock.advance(11_000);
  assert.equal(served.cuts.at(-1), "head-timeout");
  while (served.server.connections > 0) await settle();
  for (const client of clients) client.close();
});

Deno.test("HttpServer without TLS has no certificate to change", async () => {
  const clock = new ManualClock();
  const server = new HttpServer({
    address: { hostname: "127.0.0.1", port: 0 },
    handler: () => textAnswer(200, "x"),
    clock,
  });
  assert.throws(() => server.useCertificate(authority.issue({ hosts })), TypeError);
  const drained = server.drain(0);
  await clock.advance(0);
  await drained;
});
