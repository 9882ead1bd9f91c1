import type { IncomingMessage, ServerResponse } from "node:http";
import { startHttp, type Upstream } from "../upstream.ts";

/** A request for a document. */
export interface Asked {
  /** Milliseconds since the epoch. */
  readonly at: number;
  /** The client, by its `User-Agent`. */
  readonly by: string | undefined;
  /** Whether it already has what there is. */
  readonly isKnown: boolean;
}

/** Documents behind HTTP, one at every path, each with a version that a test raises. */
export class ChangingDocuments {
  /** Awaited before each answer. */
  held: Promise<void> = Promise.resolve();
  readonly #versions = new Map<string, number>();
  readonly #requests = new Map<string, Asked[]>();
  readonly #padding: Uint8Array;

  /** @param size bytes that each document has beside its first line; they cannot be compressed */
  constructor(size = 0) {
    this.#padding = new Uint8Array(size);
    for (let at = 0; at < size; at += 65_536) {
      crypto.getRandomValues(this.#padding.subarray(at, at + 65_536));
    }
  }

  /** A real HTTP server of them. */
  async serve(): Promise<Upstream> {
    return await startHttp((request, response) => void this.#answer(request, response));
  }

  /** From now on these documents are others. */
  change(names: readonly string[]): void {
    for (const name of names) this.#versions.set(name, this.#versionOf(name) + 1);
  }

  /** The first line of a document as it is now. */
  firstLine(name: string, version: number = this.#versionOf(name)): string {
    return JSON.stringify({ name, version });
  }

  /** How often a document was asked for. */
  requestsOf(name: string): number {
    return this.askedFor(name).length;
  }

  /** Who asked for a document, and when. */
  askedFor(name: string): readonly Asked[] {
    return this.#requests.get(name) ?? [];
  }

  #versionOf(name: string): number {
    return this.#versions.get(name) ?? 0;
  }

  /** What is answered is the document as it was when it was asked for. */
  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const name = request.url!.slice(1);
    const requests = this.#requests.get(name) ?? [];
    this.#requests.set(name, requests);
    const version = this.#versionOf(name);
    const etag = `"${version}"`;
    const isKnown = request.headers["if-none-match"] === etag;
    requests.push({ at: Date.now(), by: request.headers["user-agent"], isKnown });
    await this.held;
    response.writeHead(isKnown ? 304 : 200, { etag });
    if (isKnown) return void response.end();
    response.write(`${this.firstLine(name, version)}\n`);
    response.end(this.#padding);
  }
}
