import type { IncomingMessage, ServerResponse } from "node:http";
import http from "node:http";
import type { AddressInfo, Socket } from "node:net";
import type { DocumentChange } from "./history.ts";

/** How an upstream behaves. */
export type UpstreamMode = "well" | "slow" | "dead";

const slowMs = 3_000;

interface Origin {
  readonly server: http.Server;
  readonly sockets: Set<Socket>;
  readonly url: string;
  mode: UpstreamMode;
}

/** Upstreams whose documents say their own name and version; each change of one is recorded. */
export class VersionedDocuments implements AsyncDisposable {
  /** From which address each document was asked for last. */
  readonly lastAskedBy = new Map<string, string>();
  readonly changes: DocumentChange[] = [];
  requests = 0;
  readonly #versions = new Map<string, number>();
  readonly #origins: Origin[] = [];
  readonly #now: () => number;

  private constructor(now: () => number) {
    this.#now = now;
  }

  /** Starts several upstreams; a document is asked for at whichever, by its name as the path. */
  static async serve(
    options: { readonly hostname: string; readonly origins: number },
    now: () => number,
  ): Promise<VersionedDocuments> {
    const documents = new VersionedDocuments(now);
    for (let index = 0; index < options.origins; index++) {
      await documents.#listen(options.hostname);
    }
    return documents;
  }

  /** The base URL of an upstream. */
  origin(index: number): string {
    return this.#origins[index]!.url;
  }

  /** Each gets another document, the first time its first one. */
  change(names: readonly string[]): void {
    for (const name of names) {
      const version = (this.#versions.get(name) ?? -1) + 1;
      this.#versions.set(name, version);
      this.changes.push({ at: this.#now(), name, version });
    }
  }

  setMode(index: number, mode: UpstreamMode): void {
    const origin = this.#origins[index]!;
    origin.mode = mode;
    if (mode !== "dead") return;
    for (const socket of origin.sockets) socket.destroy();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const { server, sockets } of this.#origins) {
      const closed = new Promise((resolve) => server.close(resolve));
      for (const socket of sockets) socket.destroy();
      await closed;
    }
  }

  async #listen(hostname: string): Promise<void> {
    const sockets = new Set<Socket>();
    const server = http.createServer((request, response) => void this.#answer(request, response));
    await new Promise<void>((resolve) => server.listen(0, hostname, resolve));
    const { port } = server.address() as AddressInfo;
    const origin: Origin = { server, sockets, url: `http://${hostname}:${port}`, mode: "well" };
    this.#origins.push(origin);
    server.on("connection", (socket) => {
      if (origin.mode === "dead") return void socket.destroy();
      sockets.add(socket);
      socket.on("error", () => {});
      socket.on("close", () => sockets.delete(socket));
    });
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const name = request.url!.slice(1);
    this.requests += 1;
    this.lastAskedBy.set(name, request.socket.remoteAddress ?? "");
    const origin = this.#origins.find(({ server }) =>
      (server.address() as AddressInfo).port === request.socket.localPort
    );
    // What is on its way for long is no news any more when it comes.
    const version = this.#versions.get(name) ?? 0;
    if (origin?.mode === "slow") await new Promise((resolve) => setTimeout(resolve, slowMs));
    const etag = `"${version}"`;
    const isKnown = request.headers["if-none-match"] === etag;
    response.writeHead(isKnown ? 304 : 200, { etag });
    response.end(isKnown ? undefined : `${JSON.stringify({ name, version })}\n`);
  }
}
