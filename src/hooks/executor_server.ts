import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import type { Clock } from "../core/clock.ts";
import { fileErrorCode } from "../core/file_error.ts";
import { executeOnce } from "./execute_once.ts";
import { executeStream, type Execution } from "./execute_stream.ts";
import type { HookRunner } from "./hook_runner.ts";
import { bearsToken } from "./hook_token.ts";
import { isLoopbackPeer } from "./is_loopback_peer.ts";

/** What an `ExecutorServer` works with. */
export interface ExecutorServerOptions {
  readonly runner: HookRunner;
  readonly clock: Clock;
  /** Reads the token anew; without it every process of the pod may run hooks. Answers undefined while there is none. */
  readonly readToken?: () => Promise<string | undefined>;
  /** Is told of what only a programming error explains. */
  readonly onBug: (error: unknown) => void;
}

/** Where to listen. */
export type ExecutorAddress =
  | { readonly hostname: string; readonly port: number }
  /** Path of a unix socket; whoever may open it counts as a process of the pod. */
  | { readonly socket: string };

const headTimeoutMs = 10_000;

/** Connections from outside the pod, which can only be probes. The oldest gives way, so that nobody can keep probes out. */
const maxForeign = 32;
const maxConnections = 512;

/** How long a caller may go on sending what nobody reads any more, so that it gets to read its answer. */
const lingerMs = 2_000;

type Route = (
  request: IncomingMessage,
  response: ServerResponse,
  execution: Execution,
) => Promise<void>;

const routes: Readonly<Record<string, Route>> = {
  "/execute": executeOnce,
  "/execute/stream": executeStream,
};

/**
 * The sidecar's server. `GET /health` answers everybody; `POST /execute` and `POST /execute/stream`, which run hooks, only a process
 * of this pod that bears the token: 403 and 401 for others.
 */
export class ExecutorServer {
  readonly #options: ExecutorServerOptions;
  readonly #server: Server;
  readonly #executions = new Map<Promise<void>, AbortController>();
  #isSocket = false;
  readonly #foreign = new Set<Socket>();

  constructor(options: ExecutorServerOptions) {
    this.#options = options;
    // A body may take as long as its hook, which has a time-out of its own.
    const timeouts = { headersTimeout: headTimeoutMs, requestTimeout: 0, keepAliveTimeout: 30_000 };
    this.#server = createServer({ ...timeouts, connectionsCheckingInterval: 5_000 });
    this.#server.maxConnections = maxConnections;
    this.#server.on("connection", (socket) => this.#count(socket));
    this.#server.on("request", (request, response) => void this.#answer(request, response));
  }

  /**
   * An empty host is IPv6 and IPv4 at once, or IPv4 alone on a machine without IPv6.
   *
   * @returns the port; 0 for a unix socket
   * @throws what the system says if it cannot listen there
   */
  async listen(address: ExecutorAddress): Promise<number> {
    this.#isSocket = "socket" in address;
    if (!("hostname" in address) || address.hostname !== "") return await this.#listen(address);
    try {
      return await this.#listen({ ...address, hostname: "::" });
    } catch (error) {
      if (fileErrorCode(error) === "EADDRINUSE") throw error;
      return await this.#listen({ ...address, hostname: "0.0.0.0" });
    }
  }

  async #listen(address: ExecutorAddress): Promise<number> {
    const server = this.#server;
    await new Promise<void>((resolve, reject) => {
      server.once("error", reject);
      const listening = () => {
        server.off("error", reject);
        resolve();
      };
      if ("socket" in address) server.listen(address.socket, listening);
      else server.listen(address.port, address.hostname, listening);
    });
    return "socket" in address ? 0 : (server.address() as AddressInfo).port;
  }

  /** Takes no more, lets hooks run on for as long as is given, then kills them; resolves when none is left. */
  async close(graceMs: number): Promise<void> {
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    this.#server.closeIdleConnections();
    const cancel = this.#options.clock.schedule(() => {
      for (const ending of this.#executions.values()) ending.abort(new Error("the executor ends"));
    }, graceMs);
    await Promise.allSettled(this.#executions.keys());
    cancel();
    this.#server.closeAllConnections();
    await closed;
  }

  #count(socket: Socket): void {
    if (this.#isSocket || isLoopbackPeer(socket.remoteAddress)) return;
    const [oldest] = this.#foreign;
    if (oldest && this.#foreign.size >= maxForeign) {
      this.#foreign.delete(oldest);
      oldest.destroy();
    }
    this.#foreign.add(socket);
    socket.once("close", () => this.#foreign.delete(socket));
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const path = (request.url ?? "").split("?")[0]!;
    if (path === "/health") return answerHealth(request, response);
    const route = Object.hasOwn(routes, path) ? routes[path] : undefined;
    if (!route) return refuse(response, 404, "Not found");
    if (request.method !== "POST") return refuse(response, 405, "Method not allowed");
    if (!this.#isSocket && !isLoopbackPeer(request.socket.remoteAddress)) {
      return refuse(response, 403, "Only processes of this pod may run hooks");
    }
    if (!await this.#isAuthorized(request)) {
      return refuse(response, 401, "Token is missing or wrong");
    }
    await this.#execute(route, request, response);
  }

  async #isAuthorized({ headers }: IncomingMessage): Promise<boolean> {
    const { readToken } = this.#options;
    if (!readToken) return true;
    const token = await readToken();
    return token !== undefined && bearsToken(headers.authorization, token);
  }

  async #execute(route: Route, request: IncomingMessage, response: ServerResponse): Promise<void> {
    const ending = new AbortController();
    // Taken from the request once it is answered.
    const { socket } = request;
    response.once("close", () => {
      if (!response.writableFinished) ending.abort(new Error("the caller went away"));
    });
    // Its error reaches whoever reads the body; a caller that went away is no news for others.
    request.on("error", () => {});
    const { runner, clock } = this.#options;
    const running = route(request, response, { runner, clock, signal: ending.signal });
    this.#executions.set(running, ending);
    try {
      await running;
    } catch (error) {
      if (!ending.signal.aborted) this.#options.onBug(error);
      // Without its last frame the caller sees that the answer was broken off.
      response.destroy();
    } finally {
      this.#executions.delete(running);
      if (!request.complete) this.#hangUp(request, socket);
    }
  }

  /** A body that was not read to its end would keep the connection for good, also when the caller has gone. */
  #hangUp(request: IncomingMessage, socket: Socket): void {
    const end = () => void (request.complete || socket.destroy());
    socket.once("close", this.#options.clock.schedule(end, lingerMs));
  }
}

function answerHealth(request: IncomingMessage, response: ServerResponse): void {
  if (request.method !== "GET" && request.method !== "HEAD") {
    return refuse(response, 405, "Method not allowed");
  }
  response.writeHead(200, { "content-type": "application/json" });
  response.end('{"status":"healthy"}\n');
}

function refuse(response: ServerResponse, status: number, text: string): void {
  // What of the body was not read cannot be told from a next request.
  response.writeHead(status, { "content-type": "text/plain; charset=utf-8", connection: "close" });
  response.end(`${text}\n`);
}
