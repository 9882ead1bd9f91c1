import { systemClock } from "../../src/cli/system_clock.ts";
import type { Peer } from "../../src/core/peer.ts";
import { artifactHandler } from "../../src/serve/artifact_handler.ts";
import type { AnsweredRequest } from "../../src/serve/server_observer.ts";
import { HttpServer } from "../../src/serve/http_server.ts";
import { PeerArtifacts } from "../../src/serve/peer_artifacts.ts";
import { MemoryStore } from "../../src/store/memory_store.ts";
import { PulledArtifacts } from "../../src/store/cache/pulled_artifacts.ts";
import { ManualClock } from "../manual_clock.ts";

/** An artifact server with a store of its own and peers, on loopback. */
export class Replica implements AsyncDisposable {
  readonly store: MemoryStore;
  readonly named = new Set<string>();
  readonly answered: AnsweredRequest[] = [];
  readonly corrupt: string[] = [];
  readonly refused: unknown[] = [];
  /** Set once the others listen. */
  others: readonly Replica[] = [];
  readonly peers: PeerArtifacts;
  readonly server: HttpServer;
  readonly #name: string;
  readonly #pulled: PulledArtifacts;

  constructor(name: string, directory: string, limitBytes = 2 ** 30) {
    this.#name = name;
    this.store = new MemoryStore(limitBytes, systemClock);
    const list = () => this.others.map((other) => other.#peer);
    const patience = new ManualClock(); // so that a busy machine is not taken for a peer that is silent
    this.peers = new PeerArtifacts({ peers: list, clock: patience });
    this.#pulled = new PulledArtifacts({
      store: this.store,
      source: (key, attempt) => this.peers.open(key, attempt),
      directory,
      limitBytes: 2 ** 30,
      clock: patience,
      onRefused: (error) => this.refused.push(error),
      onCorrupt: (key) => this.corrupt.push(key),
    });
    this.server = new HttpServer({
      address: { hostname: "127.0.0.1", port: 0 },
      clock: systemClock,
      observer: { answered: (request) => this.answered.push(request) },
      handler: artifactHandler({
        open: (key) => this.store.open(key),
        isNamed: (key) => this.named.has(key),
        syncedSince: () => 0,
        clock: systemClock,
        peers: {
          list,
          pull: (key) => this.#pulled.open(key),
          hold: (key, among) =>
            this.#pulled.hold(key, (wanted, attempt) => this.peers.open(wanted, attempt, among)),
        },
      }),
    });
  }

  /** Two or more that know each other. */
  static async several(names: readonly string[]): Promise<readonly Replica[]> {
    const replicas = await Promise.all(
      names.map(async (name) => new Replica(name, await Deno.makeTempDir())),
    );
    for (const replica of replicas) {
      replica.others = replicas.filter((other) => other !== replica);
    }
    return replicas;
  }

  get(key: string, init: RequestInit = {}): Promise<Response> {
    return fetch(`http://127.0.0.1:${this.server.address.port}/${key}`, init);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.server.drain(0);
    await this.#pulled.close();
  }

  get #peer(): Peer {
    const { hostname, port } = this.server.address;
    return { name: this.#name, instance: "1", hostname, port, secure: false };
  }
}
