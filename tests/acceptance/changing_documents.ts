import type { IncomingMessage, ServerResponse } from "node:http";
import { startHttp, type Upstream } from "../upstream.ts";

/** Documents behind HTTP, one at every path, each with a version that a test raises. */
export class ChangingDocuments {
  /** Awaited before each answer. */
  held: Promise<void> = Promise.resolve();
  readonly #versions = new Map<string, number>();
  readonly #requests = new Map<string, number>();
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
  firstLine(name: string): string {
    return JSON.stringify({ name, version: this.#versionOf(name) });
  }

  /** How often a document was asked for. */
  requestsOf(name: string): number {
    return this.#requests.get(name) ?? 0;
  }

  #versionOf(name: string): number {
    return this.#versions.get(name) ?? 0;
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const name = request.url!.slice(1);
    this.#requests.set(name, this.requestsOf(name) + 1);
    await this.held;
    const etag = `"${this.#versionOf(name)}"`;
    const isKnown = request.headers["if-none-match"] === etag;
    response.writeHead(isKnown ? 304 : 200, { etag });
    if (isKnown) return void response.end();
    response.write(`${this.firstLine(name)}\n`);
    response.end(this.#padding);
  }
}
