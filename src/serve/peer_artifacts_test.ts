import assert from "node:assert/strict";
import { CertificateAuthority } from "../../tests/certificate_authority.ts";
import { ManualClock } from "../../tests/manual_clock.ts";
import { settle } from "../../tests/settle.ts";
import { artifactKey } from "../core/artifact_key.ts";
import type { Peer } from "../core/peer.ts";
import { textAnswer } from "./http_answer.ts";
import type { HttpRequest } from "./http_request.ts";
import { HttpServer } from "./http_server.ts";
import { PeerArtifacts, type PeerArtifactsOptions } from "./peer_artifacts.ts";

const key = artifactKey({ namespace: "apps", name: "web", hex: "ab".repeat(32) });
const authority = new CertificateAuthority();
const certificate = authority.issue({ hosts: ["artifacts.test"] });
const isStorage = { class: "storage" } as const;

/** Peers on loopback, and a clock that stands still. */
class World implements AsyncDisposable {
  readonly clock = new ManualClock();
  readonly peers: Peer[] = [];
  readonly requests: HttpRequest[] = [];
  readonly #servers: HttpServer[] = [];
  readonly #silent: Deno.Listener[] = [];
  readonly #accepted: Deno.Conn[] = [];

  /** A peer that answers with a status and, if that is 200, a few bytes. */
  answering(name: string, status: number, secure = false): void {
    const server = new HttpServer({
      address: { hostname: "127.0.0.1", port: 0 },
      handler: (request) => {
        this.requests.push(request);
        return textAnswer(status, name);
      },
      clock: this.clock,
      ...(secure ? { certificate } : {}),
    });
    this.#servers.push(server);
    this.peers.push({ name, instance: "1", ...server.address, secure });
  }

  /** A peer that says something to whoever connects, and no more. */
  saying(name: string, text: string): void {
    const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    this.#silent.push(listener);
    const { port } = listener.addr;
    this.peers.push({ name, instance: "1", hostname: "127.0.0.1", port, secure: false });
    (async () => {
      for await (const connection of listener) {
        this.#accepted.push(connection);
        await connection.write(new TextEncoder().encode(text)).catch(() => {});
      }
    })().catch(() => {});
  }

  artifacts(options: Partial<PeerArtifactsOptions> = {}): PeerArtifacts {
    return new PeerArtifacts({ peers: () => this.peers, clock: this.clock, ...options });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const each of [...this.#silent, ...this.#accepted]) each.close();
    const drained = Promise.all(this.#servers.map((server) => server.drain(0)));
    await this.clock.advance(0);
    await drained;
  }
}

async function textOf(artifacts: PeerArtifacts): Promise<string | undefined> {
  const artifact = await artifacts.open(key);
  return artifact && await new Response(artifact.stream() as BodyInit).text();
}

/** Moves the clock when everything waits for it. */
async function after<Result>(clock: ManualClock, ms: number, result: Promise<Result>) {
  result.catch(() => {});
  for (let turns = 0; turns < 200; turns++) await settle();
  await clock.advance(ms);
  return await result;
}

Deno.test("PeerArtifacts asks the next peer at once after a no, and tells it not to ask others", async () => {
  await using world = new World();
  world.answering("web-1", 200);
  world.answering("web-0", 404);
  assert.equal(await textOf(world.artifacts({ token: () => "secret" })), "web-1\n");
  assert.equal(world.requests.length, 2);
  for (const { path, headers } of world.requests) {
    assert.equal(path, `/${key}`);
    assert.equal(headers.get("x-externalsource-hop"), "1");
    assert.equal(headers.get("authorization"), "Bearer secret");
  }
  assert.equal(await world.artifacts().open(key, 0, [world.peers[1]!]), undefined);
});

Deno.test("PeerArtifacts does not wait long for a peer that is silent", async () => {
  await using world = new World();
  world.saying("web-0", "");
  world.answering("web-1", 200);
  assert.equal(await after(world.clock, 250, textOf(world.artifacts())), "web-1\n");
});

Deno.test("PeerArtifacts cannot tell what a peer has that was silent for less than 30 s", async () => {
  await using world = new World();
  world.saying("web-0", "");
  const artifacts = world.artifacts();
  await assert.rejects(after(world.clock, 2_000, artifacts.open(key)), isStorage);
  await assert.rejects(after(world.clock, 27_000, artifacts.open(key)), isStorage);
  await world.clock.advance(1_000);
  assert.equal(await after(world.clock, 2_000, artifacts.open(key)), undefined);
  await world.clock.advance(30_001);
  await assert.rejects(after(world.clock, 2_000, artifacts.open(key)), isStorage, "silent anew");
});

Deno.test("PeerArtifacts counts whatever is no answer as silence", async () => {
  const nothing = ["SSH-2.0-x\r\n\r\n", "HTTP/1.1 500 x\r\n\r\n", "HTTP/1.1 200 OK\r\n\r\n"];
  for (const text of [...nothing, `HTTP/1.1 200 ${"x".repeat(20_000)}`]) {
    await using world = new World();
    world.saying("web-0", text);
    await assert.rejects(after(world.clock, 2_000, world.artifacts().open(key)), isStorage, text);
  }
});

Deno.test("PeerArtifacts fails when an artifact ends early or stops coming", async () => {
  await using world = new World();
  world.saying("web-0", "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n12345");
  const artifact = (await world.artifacts().open(key))!;
  assert.equal(artifact.size, 100);
  const reader = artifact.stream().getReader();
  assert.equal((await reader.read()).value?.length, 5);
  await assert.rejects(after(world.clock, 30_000, reader.read()));
  assert.throws(() => artifact.stream({ start: 0, end: 1 }), TypeError);
});

Deno.test("PeerArtifacts reads at most 32 artifacts at once", async () => {
  await using world = new World();
  world.answering("web-0", 200);
  const artifacts = world.artifacts();
  const open = await Promise.all(Array.from({ length: 32 }, () => artifacts.open(key)));
  await assert.rejects(artifacts.open(key), isStorage);
  open[0]?.close();
  open[0]?.close();
  assert.equal(await textOf(artifacts), "web-0\n");
  assert.equal(await textOf(artifacts), "web-0\n", "one that was read to its end is not open");
  for (const each of open) each?.close();
});

Deno.test("PeerArtifacts speaks TLS to a peer that has the same name and authority", async () => {
  await using world = new World();
  world.answering("web-0", 200, true);
  const trust = { serverName: "artifacts.test", caCerts: [authority.pem] };
  assert.equal(await textOf(world.artifacts({ trust: () => trust })), "web-0\n");
  const wrong = [undefined, { ...trust, serverName: "other.test" }, {
    ...trust,
    caCerts: [new CertificateAuthority("another").pem],
  }];
  for (const each of wrong) {
    await assert.rejects(world.artifacts({ trust: () => each }).open(key), isStorage);
  }
});

Deno.test("PeerArtifacts gives up on copies after 10 s", async () => {
  await using world = new World();
  world.saying("web-0", "");
  world.saying("web-1", "");
  world.answering("web-2", 200);
  const artifacts = world.artifacts();
  assert.equal(await after(world.clock, 6_000, artifacts.replicate(key, 2)), 2);
  assert.equal(world.requests[0]?.method, "HEAD");
  assert.equal(world.requests[0]?.headers.get("x-externalsource-pull"), "1");
  world.peers.pop();
  assert.equal(await after(world.clock, 10_000, artifacts.replicate(key, 4)), 1);
});

Deno.test("PeerArtifacts.open() never takes a replica that wants another token for one without the artifact", async () => {
  await using world = new World();
  world.answering("web-1", 404);
  world.answering("web-2", 401);
  const artifacts = world.artifacts();
  await assert.rejects(artifacts.open(key), isStorage);
  await world.clock.advance(120_000);
  await assert.rejects(artifacts.open(key), isStorage);
});

/** Whether a peer was asked what it holds, or to hold it. */
const markOf = ({ headers }: HttpRequest) =>
  ["hop", "pull"].filter((mark) => headers.has(`x-externalsource-${mark}`)).join();

Deno.test("PeerArtifacts leaves an artifact with the peer of the lowest ordinal: others may end as well", async () => {
  await using world = new World();
  world.answering("web-10", 200);
  world.answering("web-1", 404);
  const artifacts = world.artifacts();
  assert.equal(await artifacts.leave(key, "web-2"), false);
  assert.deepEqual(world.requests.map(markOf), ["pull"]);
  world.answering("web-0", 200);
  assert.equal(await artifacts.leave(key, "web-2"), true);
  assert.equal(world.requests.length, 2);
});

Deno.test("PeerArtifacts of the lowest ordinal has a copy made only of what no peer holds", async () => {
  await using world = new World();
  world.answering("web-2", 200);
  world.answering("web-1", 404);
  assert.equal(await world.artifacts().leave(key, "web-0"), true);
  assert.deepEqual(world.requests.map(markOf), ["hop", "hop"]);
  world.peers.shift();
  assert.equal(await world.artifacts().leave(key, "web-0"), false);
  assert.deepEqual(world.requests.map(markOf), ["hop", "hop", "hop", "pull"]);
  world.peers.length = 0;
  assert.equal(await world.artifacts().leave(key, "web-0"), false);
});
