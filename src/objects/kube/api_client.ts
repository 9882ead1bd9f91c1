import type { Clock } from "../../core/clock.ts";
import { ObjectsUnavailableError } from "../objects.ts";
import type { ApiAccess, ApiConnection } from "./api_connection.ts";
import { apiError } from "./api_error.ts";
import { ApiUnreachableError } from "./api_unreachable_error.ts";
import { connectionState } from "./connection_state.ts";
import { Deadline } from "./deadline.ts";
import { readPieces } from "./read_pieces.ts";
import { untilAborted } from "./until_aborted.ts";

/** One finished call, as `rest_client_requests_total` counts it. */
export interface ApiCall {
  readonly method: string;
  /** HTTP status, or `<error>` if there was none (as client-go says). */
  readonly code: string;
  readonly host: string;
}

/** @see ApiClient */
export interface ApiClientOptions {
  readonly clock: Clock;
  readonly userAgent: string;
  /** The whole exchange, or the time to the headers of a watch. @default 30 s */
  readonly timeoutMs?: number;
  readonly onCall?: (call: ApiCall) => void;
  /** Asked right before anything but a read is sent: no wait may come between. @default always */
  readonly mayWrite?: () => boolean;
}

/** What to ask of the API server. */
export interface ApiRequest {
  readonly method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
  /** From `/api` or `/apis` on. */
  readonly path: string;
  readonly query?: Readonly<Record<string, string>>;
  /** Sent as JSON. */
  readonly body?: unknown;
  /** @default application/json */
  readonly contentType?: string;
  /** For messages: `Cannot VERB "value"`. */
  readonly what: string;
  readonly signal?: AbortSignal;
}

/** A body that is read while it comes. */
export interface ApiStream {
  readonly pieces: AsyncIterable<Uint8Array>;
  /** Whether it was broken off because nothing came. */
  readonly isSilent: boolean;
  /** Must be called when the stream is not read any more. */
  release(): void;
}

interface Exchange {
  readonly response: Response;
  readonly deadline: Deadline;
  readonly access: ApiAccess;
  readonly startedAt: number;
}

/** Sends JSON to one API server and turns its refusals into the errors of the contract of objects. */
export class ApiClient {
  readonly #connection: ApiConnection;
  readonly #options: ApiClientOptions;
  readonly #host: string;
  readonly #timeoutMs: number;

  constructor(connection: ApiConnection, options: ApiClientOptions) {
    this.#connection = connection;
    this.#options = options;
    this.#host = new URL(connection.server).host;
    this.#timeoutMs = options.timeoutMs ?? 30_000;
  }

  /** The decoded JSON of a successful answer. @throws what `objects.ts` names */
  async json(request: ApiRequest): Promise<unknown> {
    const exchange = await this.#exchange(request);
    try {
      return JSON.parse(await readText(exchange));
    } catch (cause) {
      const { deadline, access, startedAt } = exchange;
      if (deadline.expired) this.#connection.suspect(access.pool, startedAt);
      throw this.#failure(request, deadline, cause);
    } finally {
      exchange.deadline.release();
    }
  }

  /** A body without an end, broken off after `silenceMs` without a piece. @throws what `objects.ts` names */
  async stream(request: ApiRequest, silenceMs: number): Promise<ApiStream> {
    const { response, deadline, access: { pool } } = await this.#exchange(request);
    const { clock } = this.#options;
    deadline.extend(silenceMs);
    const heard = () => {
      pool.heardAt = clock.now();
      deadline.extend(silenceMs);
    };
    return {
      pieces: withNotice(piecesOf(response, deadline.signal), heard),
      get isSilent() {
        return deadline.expired;
      },
      release: () => {
        // Not since this stream's last piece: another answer may have come just after it.
        if (deadline.expired) this.#connection.suspect(pool, clock.now() - silenceMs / 2);
        deadline.release();
      },
    };
  }

  async #exchange(request: ApiRequest): Promise<Exchange> {
    const first = await this.#send(request);
    if (first.response.status !== 401 || !(await this.#isRenewed(first))) {
      return await this.#succeeded(request, first);
    }
    return await this.#succeeded(request, await this.#send(request));
  }

  async #isRenewed({ response, deadline, access }: Exchange): Promise<boolean> {
    if (!(await this.#connection.renew(access))) return false;
    deadline.release();
    await response.body?.cancel();
    return true;
  }

  async #succeeded(request: ApiRequest, exchange: Exchange): Promise<Exchange> {
    const { response, deadline } = exchange;
    if (response.ok) return exchange;
    try {
      throw apiError(request.what, {
        code: response.status,
        retryAfter: response.headers.get("retry-after"),
        body: await readText(exchange).catch(() => ""),
      });
    } finally {
      deadline.release();
    }
  }

  async #send(request: ApiRequest): Promise<Exchange> {
    const { clock, mayWrite = () => true } = this.#options;
    const access = await this.#connection.access();
    const { pool } = access;
    if (request.method !== "GET" && !mayWrite()) {
      throw new ObjectsUnavailableError(`${request.what}: this replica may not write now`);
    }
    const startedAt = clock.now();
    const deadline = new Deadline({
      clock,
      afterMs: this.#timeoutMs,
      signals: [request.signal, pool.lost],
    });
    try {
      const response = await this.#answer(request, access, deadline.signal);
      pool.heardAt = Math.max(pool.heardAt, clock.now());
      this.#count(request, `${response.status}`);
      return { response, deadline, access, startedAt };
    } catch (cause) {
      deadline.release();
      this.#count(request, "<error>");
      if (deadline.expired) this.#connection.suspect(pool, startedAt);
      else if (!deadline.signal.aborted) await this.#connection.refresh();
      throw this.#failure(request, deadline, cause);
    }
  }

  async #answer(request: ApiRequest, access: ApiAccess, signal: AbortSignal): Promise<Response> {
    const answer = this.#fetch(request, access, signal);
    try {
      return await untilAborted(answer, signal);
    } catch (error) {
      // One that comes after all is not read.
      answer.then((late) => late.body?.cancel()).catch(() => {});
      throw error;
    }
  }

  #fetch(request: ApiRequest, access: ApiAccess, signal: AbortSignal): Promise<Response> {
    const url = new URL(this.#connection.server + request.path);
    for (const [name, value] of Object.entries(request.query ?? {})) {
      url.searchParams.set(name, value);
    }
    return fetch(url, {
      method: request.method,
      headers: {
        accept: "application/json",
        "user-agent": this.#options.userAgent,
        ...(request.body === undefined
          ? {}
          : { "content-type": request.contentType ?? "application/json" }),
        ...access.headers,
      },
      body: request.body === undefined ? null : JSON.stringify(request.body),
      client: access.pool.client,
      // The token goes to nobody but this server.
      redirect: "manual",
      signal,
    });
  }

  #failure(request: ApiRequest, deadline: Deadline, cause: unknown): Error {
    if (request.signal?.aborted) return abortError(request.signal);
    // By its own time, or because another call has found the connection silent.
    const why = cause instanceof SyntaxError ? "its answer is not JSON" : connectionState(cause);
    const state = deadline.signal.aborted
      ? "gives no whole answer in time"
      : `cannot be reached${why === undefined ? "" : `: ${why}`}`;
    return new ApiUnreachableError(request.what, `the API server ${this.#host} ${state}`, cause);
  }

  #count({ method }: ApiRequest, code: string): void {
    this.#options.onCall?.({ method, code, host: this.#host });
  }
}

async function* piecesOf({ body }: Response, signal: AbortSignal): AsyncGenerator<Uint8Array> {
  if (body) yield* readPieces(body, signal);
}

async function* withNotice(pieces: AsyncIterable<Uint8Array>, heard: () => void) {
  for await (const piece of pieces) {
    heard();
    yield piece;
  }
}

async function readText({ response, deadline }: Exchange): Promise<string> {
  const decoder = new TextDecoder();
  let text = "";
  for await (const piece of piecesOf(response, deadline.signal)) {
    text += decoder.decode(piece, { stream: true });
  }
  return text + decoder.decode();
}

function abortError(signal: AbortSignal): Error {
  return signal.reason instanceof Error
    ? signal.reason
    : new DOMException("The call was aborted", "AbortError");
}
