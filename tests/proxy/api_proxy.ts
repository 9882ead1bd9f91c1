import { join } from "node:path";

/** What a proxy does with a request: its own answer, or undefined to pass it on. */
export type Intercept = (
  request: Request,
  pass: () => Promise<Response>,
) => Response | Promise<Response> | undefined;

/**
 * Stands before a real API server, under a certificate of the same authority, and gives other answers on demand. What it
 * passes on comes from the administrator.
 */
export class ApiProxy {
  readonly #upstream: string;
  readonly #client: Deno.HttpClient;
  readonly #server: Deno.HttpServer<Deno.NetAddr>;
  /** Decides about each request; unset, all are passed on. */
  intercept: Intercept = () => undefined;

  /**
   * @param upstream URL of the API server
   * @param dir of the control plane, whose keys are used
   */
  constructor(upstream: string, dir: string) {
    const read = (name: string) => Deno.readTextFileSync(join(dir, "pki", name));
    this.#upstream = upstream;
    this.#client = Deno.createHttpClient({
      caCerts: [read("ca.crt")],
      cert: read("admin.crt"),
      key: read("admin.key"),
    });
    this.#server = Deno.serve({
      ...{ hostname: "127.0.0.1", port: 0, onListen: () => {} },
      cert: read("apiserver.crt"),
      key: read("apiserver.key"),
    }, (request) => this.intercept(request, () => this.#pass(request)) ?? this.#pass(request));
  }

  get url(): string {
    return `https://127.0.0.1:${this.#server.addr.port}`;
  }

  async close(): Promise<void> {
    await this.#server.shutdown();
    this.#client.close();
  }

  async #pass(request: Request): Promise<Response> {
    const { pathname, search } = new URL(request.url);
    const headers = new Headers(request.headers);
    for (const name of ["host", "authorization", "accept-encoding"]) headers.delete(name);
    const body = request.body ? await request.bytes() : null;
    const answer = await fetch(this.#upstream + pathname + search, {
      ...{ method: request.method, headers, body, client: this.#client },
      signal: request.signal,
    });
    const kept = new Headers(answer.headers);
    for (const name of ["content-encoding", "content-length"]) kept.delete(name);
    return new Response(answer.body, { status: answer.status, headers: kept });
  }
}
