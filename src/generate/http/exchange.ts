import type { Dispatcher } from "undici";
import { failureOfExchange, HttpFailure } from "./http_failure.ts";
import type { Connection, ConnectionPools } from "./connection_pools.ts";
import type { ExchangeTimer } from "./exchange_timer.ts";
import type { Target } from "./open_socket.ts";
import { headerOf } from "./rate_limit.ts";
import type { Hop } from "./redirect.ts";

/** An answer whose headers are there; its body waits. Ends with {@linkcode Answer.end}, in any case. */
export interface Answer {
  readonly status: number;
  readonly headers: Dispatcher.ResponseData["headers"];
  readonly body: AsyncIterable<Uint8Array>;
  /** Reads the rest of a small body so that the connection can be used again, or closes it. */
  end(): Promise<void>;
}

/** What an exchange needs beside the request. */
export interface ExchangeOptions {
  readonly pools: ConnectionPools;
  readonly timer: ExchangeTimer;
  readonly signal: AbortSignal;
  /** Whether a request that is broken before a status line may be sent once more, if its method is idempotent. */
  readonly mayRepeat: boolean;
}

/** RFC 9110 §9.2.2 */
const idempotent = ["GET", "HEAD", "OPTIONS", "PUT", "DELETE"];

/** A rest of this size is worth a connection. */
const maxRest = 64 * 1024;

/** A proxy gets the whole URL for http, and nothing but bytes of TLS for https. */
function requestLine({ url }: Hop, { proxy }: Target): { path: string; headers: HeaderRecord } {
  const path = `${url.pathname}${url.search}`;
  if (!proxy || url.protocol === "https:") return { path, headers: {} };
  const headers: HeaderRecord = proxy.authorization
    ? { "proxy-authorization": proxy.authorization }
    : {};
  return { path: `${url.origin}${path}`, headers };
}

type HeaderRecord = Record<string, string>;

/** Whether what is left of an answer is little for sure. RFC 9112 §6.3: three kinds of answer have no body at all. */
function isSmall({ statusCode, headers }: Dispatcher.ResponseData, method: string): boolean {
  if (method === "HEAD" || statusCode === 204 || statusCode === 304) return true;
  const length = headerOf(headers, "content-length");
  return length !== undefined && Number(length) <= maxRest;
}

function answerOf(
  response: Dispatcher.ResponseData,
  { connection, pools, method }: {
    readonly connection: Connection;
    readonly pools: ConnectionPools;
    readonly method: string;
  },
): Answer {
  const { body } = response;
  const small = isSmall(response, method);
  let ended = false;
  return {
    status: response.statusCode,
    headers: response.headers,
    body,
    async end() {
      if (ended) return;
      ended = true;
      // A rest that cannot be read costs the connection and nothing else.
      if (small && !body.destroyed) await body.dump({ limit: maxRest }).catch(() => {});
      const reusable = body.readableEnded && !body.errored;
      if (!reusable) body.on("error", () => {}).destroy();
      pools.release(connection, reusable);
    },
  };
}

async function exchangeOnce(hop: Hop, target: Target, options: ExchangeOptions): Promise<Answer> {
  const { pools, timer, signal } = options;
  timer.waitFor("connection");
  const connection = await pools.acquire(target, signal);
  timer.waitFor("answer");
  const { path, headers } = requestLine(hop, target);
  try {
    const response = await connection.client.request({
      path,
      method: hop.method as Dispatcher.HttpMethod,
      headers: { ...hop.headers, ...headers },
      signal,
    });
    return answerOf(response, { connection, pools, method: hop.method });
  } catch (error) {
    pools.release(connection, false);
    throw connection.reused ? markReused(error) : error;
  }
}

/** Whoever gave up an idle connection did so before our request: that is no failure of the upstream. */
function markReused(error: unknown): unknown {
  const failure = failureOfExchange(error, "before-status");
  if (!(failure instanceof HttpFailure) || !failure.details.broken) return error;
  return new HttpFailure(failure.message, { ...failure.details, reused: true });
}

/**
 * Sends one request and waits for the headers of its answer.
 *
 * @throws {HttpFailure} or, for a bug, anything; the reason of the signal if it is aborted
 */
export async function exchange(
  hop: Hop,
  target: Target,
  options: ExchangeOptions,
): Promise<Answer> {
  for (let repeated = false;; repeated = true) {
    try {
      return await exchangeOnce(hop, target, options);
    } catch (error) {
      options.signal.throwIfAborted();
      const failure = failureOfExchange(error, "before-status");
      const { broken, reused } = failure instanceof HttpFailure ? failure.details : {};
      const may = broken && idempotent.includes(hop.method) && (options.mayRepeat || reused);
      if (!may || repeated) throw failure;
    }
  }
}
