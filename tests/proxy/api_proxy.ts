import { join } from "node:path";

/** What a proxy does with a request: its own answer, or undefined to pass it on. */
export type Intercept = (
  request: Request,
  pass: () => Promise<Response>,
) => Response | Promise<Response> | undefined;

/**
 * The body, ended in an orderly way where it breaks: Deno.serve passes no other end of a stream on over HTTP/2. `signal`
 * ends it here, because Deno (2.9.6) forgets the signal of a fetch after a garbage collection.
 */
function untilBroken(
  body: ReadableStream<Uint8Array>,
  signal: AbortSignal,
): ReadableStream<Uint8Array> {
  const reader = body.getReader();
  const end = () => void reader.cancel().catch(() => {});
  signal.addEventListener("abort", end);
  if (signal.aborted) end();
  return new ReadableStream({
    async pull(controller) {
      const { value } = await reader.read().catch(() => ({ value: undefined }));
      if (value) return controller.enqueue(value);
      signal.removeEventListener("abort", end);
      controller.close();
    },
    cancel(reason) {
      signal.removeEventListener("abort", end);
      return reader.cancel(reason);
    },
  });
}

/** Where a proxy listens, and as whom. */
export interface ApiProxyListen {
  readonly port?: number;
  /** PEM */
  readonly cert?: string;
  readonly key?: string;
}

/**
 * Stands before a real API server, under a certificate of the same authority, and gives other answers on demand. What it
 * passes on comes from the administrator.
 */
export class ApiProxy {
  readonly #upstream: string;
  readonly #client: Deno.HttpClient;
  readonly #server: Deno.HttpServer<Deno.NetAddr>;
  readonly #closing = new AbortController();
  #passing = new AbortController();
  /** Decides about each request; unset, all are passed on. */
  intercept: Intercept = () => undefined;

  /**
   * @param upstream URL of the API server
   * @param dir of the control plane, whose keys are used
   * @param listen another port or certificate than any and the API server's
   */
  constructor(upstream: string, dir: string, listen: ApiProxyListen = {}) {
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
      ...listen,
      signal: this.#closing.signal,
    }, (request) => this.intercept(request, () => this.#pass(request)) ?? this.#pass(request));
  }

  get url(): string {
    return `https://127.0.0.1:${this.#server.addr.port}`;
  }

  /** Ends every answer that is still being given. */
  cut(): void {
    this.#passing.abort();
    this.#passing = new AbortController();
  }

  async close(): Promise<void> {
    this.#passing.abort();
    this.#closing.abort();
    await this.#server.finished;
    this.#client.close();
  }

  async #pass(request: Request): Promise<Response> {
    const { pathname, search } = new URL(request.url);
    const headers = new Headers(request.headers);
    for (const name of ["host", "authorization", "accept-encoding"]) headers.delete(name);
    const body = request.body ? await request.bytes() : null;
    const { signal } = this.#passing;
    const answer = await fetch(this.#upstream + pathname + search, {
      ...{ method: request.method, headers, body, client: this.#client },
      signal,
    });
    const kept = new Headers(answer.headers);
    for (const name of ["content-encoding", "content-length"]) kept.delete(name);
    return new Response(answer.body && untilBroken(answer.body, signal), {
      status: answer.status,
      headers: kept,
    });
  }
}
