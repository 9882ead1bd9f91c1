import { networkStates } from "../../core/network_states.ts";
import type { HttpHandlerOptions, HttpRequest, HttpResponse } from "@smithy/types";
import { Readable } from "node:stream";
import { rootCertificates } from "node:tls";
import { Agent } from "undici";

/** How long a service may say nothing. */
export interface S3TimeOuts {
  readonly connectMs: number;
  /** To the first byte of an answer, and between any two of its body while somebody reads it. */
  readonly idleMs: number;
}

const defaultTimeOuts: S3TimeOuts = { connectMs: 5_000, idleMs: 30_000 };
/** A body that is sent at less than this makes the answer late; bytes a second. */
const slowestUpload = 64 * 1024;
/** AWS closes idle connections after about so long. */
const keepAliveMs = 15_000;

/** A request that got no answer, or not all of it. Its message is only the state, fit to be published. */
export class S3TransportError extends Error {
  override readonly name: string;

  /** @param isLasting whether another try a second later would meet the same */
  constructor(state: string, { isLasting = false }: { readonly isLasting?: boolean } = {}) {
    super(state);
    // The AWS SDK tries again by this name.
    this.name = isLasting ? "S3TransportError" : "TimeoutError";
  }
}

/**
 * Sends the SDK's requests, over connections that are kept. Instead of the SDK's own handler: bodies obey backpressure,
 * a reader that pauses is not taken for a server that stalls, and failures are told by their codes.
 */
export class S3Transport {
  readonly metadata = { handlerProtocol: "http/1.1" };
  readonly #agent: Agent;
  readonly #idleMs: number;

  /** @param ca PEM of a CA that is trusted beside the well-known ones */
  constructor(ca: string | undefined, { connectMs, idleMs }: S3TimeOuts = defaultTimeOuts) {
    this.#idleMs = idleMs;
    this.#agent = new Agent({
      allowH2: false,
      connect: {
        timeout: connectMs,
        ...(ca === undefined ? {} : { ca: [...rootCertificates, ca] }),
      },
      bodyTimeout: idleMs,
      keepAliveTimeout: keepAliveMs,
      keepAliveMaxTimeout: keepAliveMs,
    });
  }

  /** @throws {S3TransportError} if no answer came */
  async handle(
    request: HttpRequest,
    { abortSignal }: HttpHandlerOptions = {},
  ): Promise<{ response: HttpResponse }> {
    const { protocol, hostname, port, method } = request;
    // undici waits for no "100 Continue"; the signature does not cover the wish for it.
    const headers = Object.entries(request.headers).filter(([name]) => !/^expect$/i.test(name));
    const body = request.body as Uint8Array | string | undefined;
    const uploadMs = (body?.length ?? 0) / slowestUpload * 1_000;
    try {
      const answer = await this.#agent.request({
        origin: `${protocol}//${hostname}${port === undefined ? "" : `:${port}`}`,
        path: `${request.path}${queryText(request.query)}`,
        method: method as "GET",
        headers: { ...Object.fromEntries(headers), "accept-encoding": "identity" },
        body: body ?? null,
        headersTimeout: this.#idleMs + uploadMs,
        signal: (abortSignal as AbortSignal | undefined) ?? null,
      });
      // A body that fails while nobody reads it would end the process.
      answer.body.on("error", () => {});
      return {
        response: {
          statusCode: answer.statusCode,
          headers: flatHeaders(answer.headers),
          body: isObject(request, answer.statusCode) ? answer.body : await readWhole(answer.body),
        },
      };
    } catch (error) {
      throw transportError(error);
    }
  }

  /** The SDK asks for these when a client is made. */
  httpHandlerConfigs(): Record<string, never> {
    return {};
  }

  /** Nothing can be set once it is made. */
  updateHttpClientConfig(): void {}

  /** Cuts every connection. */
  destroy(): void {
    // Rejects only if it is destroyed twice.
    this.#agent.destroy().catch(() => {});
  }
}

/** Everything else is small, and is tried again if it breaks off. */
function isObject({ query }: HttpRequest, status: number): boolean {
  return status < 300 && query?.["x-id"] === "GetObject";
}

/** As a stream, because only in one the SDK looks for an error behind a status of 200. */
async function readWhole(body: Readable): Promise<Readable> {
  return Readable.from(await Array.fromAsync(body), { objectMode: false });
}

const closed = "the store is closed";

const states: Readonly<Record<string, string>> = {
  ...networkStates,
  ENOTFOUND: "its name has no address",
  EAI_AGAIN: "its name cannot be looked up now",
  ETIMEDOUT: "no connection in time",
  UND_ERR_CONNECT_TIMEOUT: "no connection in time",
  UND_ERR_HEADERS_TIMEOUT: "no answer in time",
  UND_ERR_BODY_TIMEOUT: "the answer stalled",
  UND_ERR_DESTROYED: closed,
  UND_ERR_CLOSED: closed,
};

/**
 * A failure of the network or the protocol as a state; any other error as it is. The original is left behind: it may carry
 * pieces of what was sent.
 */
export function transportError(error: unknown): unknown {
  if (!(error instanceof Error) || error.name === "AbortError") return error;
  const [first] = error instanceof AggregateError ? error.errors as unknown[] : [error];
  if (!(first instanceof Error)) return error;
  if (/certificate/i.test(first.message)) {
    const state = "its certificate is not trusted; set S3_CA_FILE to that of its CA";
    return new S3TransportError(state, { isLasting: true });
  }
  const code = "code" in first ? String(first.code) : "";
  if (!/^(E[A-Z0-9_]+|HPE_\w+|UND_ERR_\w+)$/.test(code) && first.name !== "HTTPParserError") {
    return error;
  }
  const state = states[code] ?? `the connection failed (${code || "not HTTP"})`;
  return new S3TransportError(state, { isLasting: state === closed });
}

function flatHeaders(
  headers: Readonly<Record<string, string | string[] | undefined>>,
): Record<string, string> {
  const given = Object.entries(headers).filter(([, value]) => value !== undefined);
  return Object.fromEntries(given.map(([name, value]) => [name, [value].flat().join(", ")]));
}

/** As it was signed: RFC 3986, which also escapes what JavaScript leaves alone. */
function queryText(query: HttpRequest["query"] = {}): string {
  const parts = Object.keys(query).sort().flatMap((name) => {
    const value = query[name];
    if (value === null || value === undefined) return [escaped(name)];
    return [value].flat().map((each) => `${escaped(name)}=${escaped(each)}`);
  });
  return parts.length === 0 ? "" : `?${parts.join("&")}`;
}

function escaped(text: string): string {
  return encodeURIComponent(text).replace(
    /[!'()*]/g,
    (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}
