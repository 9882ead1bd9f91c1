import { createHash } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";
import { startHttp, type Upstream } from "../upstream.ts";

/** One document at every path of an HTTP server. A test changes it while the server runs. */
export class ServedDocument {
  text = "";
  /** Paths without ETag; at all others a conditional request is answered by 304. */
  readonly pathsWithoutETag = new Set<string>();
  /** Answered instead of the document. */
  failure: number | undefined;
  /** Awaited before each answer. */
  held: Promise<void> = Promise.resolve();
  /** The status of every answer since it was last emptied. */
  readonly answers: number[] = [];

  /** A real HTTP server of it. */
  async serve(): Promise<Upstream> {
    return await startHttp((request, response) => void this.#answer(request, response));
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    await this.held;
    const hasETag = !this.pathsWithoutETag.has(request.url ?? "");
    const etag = `"${createHash("sha256").update(this.text).digest("hex")}"`;
    const isKnown = hasETag && request.headers["if-none-match"] === etag;
    const status = this.failure ?? (isKnown ? 304 : 200);
    this.answers.push(status);
    response.writeHead(status, hasETag ? { etag } : {});
    response.end(status === 200 ? this.text : undefined);
  }
}
