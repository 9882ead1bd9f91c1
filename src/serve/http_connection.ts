import { answerHead } from "./answer_head.ts";
import type { ClientConnection } from "./client_connection.ts";
import type { ConnectionPhase } from "./connection_table.ts";
import { type HttpAnswer, textAnswer } from "./http_answer.ts";
import type { HttpHandler } from "./http_handler.ts";
import { type HttpRequest, parseHttpRequest } from "./http_request.ts";
import type { PiecePool } from "./piece_pool.ts";
import { RequestHeads } from "./request_heads.ts";
import { sendAnswer } from "./send_answer.ts";
import type { ServerObserver } from "./server_observer.ts";

/** What all connections of a server share. */
export interface ConnectionContext {
  readonly handler: HttpHandler;
  readonly pool: PiecePool;
  readonly observer: ServerObserver;
  now(): number;
  /** Told of every change of phase and of every byte that a client took. */
  progress(connection: HttpConnection, phase: ConnectionPhase): void;
  /** Whether the connection has to end after the current answer. */
  isDraining(): boolean;
}

/** One HTTP/1 client: heads come in, answers go out, one after the other. */
export class HttpConnection {
  readonly #connection: ClientConnection;
  readonly #context: ConnectionContext;
  readonly #remoteAddress: string;
  #bytes = 0;

  constructor(connection: ClientConnection, context: ConnectionContext) {
    this.#connection = connection;
    // A socket for both families names an IPv4 client so (RFC 4291 §2.5.5.2).
    this.#remoteAddress = connection.remoteAddr.hostname.replace(/^::ffff:(?=[0-9.]+$)/i, "");
    this.#context = context;
  }

  /** Answers until the client, an error or {@linkcode close} ends it; never rejects. */
  async run(): Promise<void> {
    const heads = new RequestHeads(this.#connection);
    try {
      if (await this.#answerAll(heads)) await this.#linger();
    } catch {
      // The client is gone, or the server has closed the connection; `answered` has told of a cut answer.
    } finally {
      this.close();
      heads.release();
    }
  }

  /** Also ends a read or a write that is waiting. Harmless afterwards. */
  close(): void {
    try {
      this.#connection.close();
    } catch (error) {
      if (!(error instanceof Deno.errors.BadResource)) throw error;
    }
  }

  /** @returns whether the end came from here, so that the client may not know of it yet */
  async #answerAll(heads: RequestHeads): Promise<boolean> {
    for (let head = await heads.next(); head !== undefined; head = await heads.next()) {
      if (!await this.#answer(parseHttpRequest(head, this.#remoteAddress))) return true;
      this.#context.progress(this, "idle");
      heads.onFirstByte = () => this.#context.progress(this, "reading");
    }
    if (heads.tooLarge) await this.#send(textAnswer(431, "The head of the request is too large"));
    return heads.tooLarge;
  }

  /**
   * Waits for the client's end: closing while it still sends would reset the connection, and take back an answer that it
   * has not read yet (RFC 9112 §9.6).
   */
  async #linger(): Promise<void> {
    this.#context.progress(this, "reading");
    await this.#connection.closeWrite();
    const ignored = new Uint8Array(1024);
    while (await this.#connection.read(ignored) !== null);
  }

  /** @returns whether another request may follow */
  async #answer(request: HttpRequest | undefined): Promise<boolean> {
    this.#context.progress(this, "answering");
    this.#context.observer.started?.();
    const started = this.#context.now();
    this.#bytes = 0;
    const answer = request ? await this.#handle(request) : textAnswer(400, "Not an HTTP/1 request");
    let complete = false;
    try {
      const again = await this.#send(answer, request);
      complete = true;
      return again;
    } finally {
      this.#context.observer.answered?.({
        method: request?.method ?? "",
        path: request?.path ?? "",
        status: answer.status,
        bytes: this.#bytes,
        durationMs: this.#context.now() - started,
        complete,
      });
    }
  }

  async #handle(request: HttpRequest): Promise<HttpAnswer> {
    try {
      return await this.#context.handler(request);
    } catch (error) {
      this.#context.observer.failed?.(error);
      return textAnswer(500, "Internal error");
    }
  }

  async #send(answer: HttpAnswer, request?: HttpRequest): Promise<boolean> {
    const { body } = answer;
    const keepAlive = (request?.keepAlive ?? false) && !this.#context.isDraining();
    const head = answerHead(answer, { keepAlive, now: this.#context.now() });
    const sink = {
      pool: this.#context.pool,
      write: (bytes: Uint8Array) => this.#write(bytes),
    };
    try {
      await sendAnswer(sink, head, request?.method === "HEAD" ? undefined : body);
    } finally {
      if (body && "artifact" in body) body.artifact.close();
    }
    return keepAlive;
  }

  async #write(bytes: Uint8Array): Promise<number> {
    const count = await this.#connection.write(bytes);
    this.#bytes += count;
    this.#context.progress(this, "answering");
    return count;
  }
}
