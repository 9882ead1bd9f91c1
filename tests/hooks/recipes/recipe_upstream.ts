import type { IncomingMessage } from "node:http";
import { startHttp, type Upstream } from "../../upstream.ts";

/** What was asked: `GET /path?query`, and a line for each header that the client does not send of itself. */
export interface AskedRequest {
  readonly line: string;
  readonly headers: Readonly<Record<string, string>>;
}

const ofTheClient = ["host", "connection", "user-agent", "accept-encoding"];

/** An API that answers everything with the same bytes. */
export class RecipeUpstream implements AsyncDisposable {
  readonly asked: AskedRequest[] = [];
  readonly #server: Upstream;
  answer: string | Uint8Array = "";

  private constructor(server: Upstream) {
    this.#server = server;
  }

  static async start(): Promise<RecipeUpstream> {
    const server = await startHttp((request, response) => {
      upstream.asked.push(describe(request));
      response.end(upstream.answer);
    });
    const upstream = new RecipeUpstream(server);
    return upstream;
  }

  get origin(): string {
    return this.#server.origin;
  }

  [Symbol.asyncDispose](): PromiseLike<void> {
    return this.#server[Symbol.asyncDispose]();
  }
}

function describe({ method, url, headers }: IncomingMessage): AskedRequest {
  const added = Object.entries(headers).filter(([name]) => !ofTheClient.includes(name));
  return {
    line: `${method} ${url}`,
    headers: Object.fromEntries(added.map(([name, value]) => [name, String(value)])),
  };
}
