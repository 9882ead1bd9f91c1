import type { Clock } from "../core/clock.ts";
import type { BindAddress } from "./bind_address.ts";
import {
  type ConnectionLimits,
  type ConnectionPhase,
  ConnectionTable,
  type Cut,
} from "./connection_table.ts";
import { type ConnectionContext, HttpConnection } from "./http_connection.ts";
import type { HttpHandler } from "./http_handler.ts";
import { listenTcp } from "./listen_tcp.ts";
import { listenTls, type ServerCertificate } from "./listen_tls.ts";
import { PiecePool } from "./piece_pool.ts";
import type { ServerObserver } from "./server_observer.ts";

/** How a server is set up. */
export interface HttpServerOptions {
  readonly address: BindAddress;
  readonly handler: HttpHandler;
  readonly clock: Clock;
  readonly observer?: ServerObserver;
  readonly limits?: Partial<ConnectionLimits>;
  /** Speaks TLS with it. */
  readonly certificate?: ServerCertificate;
}

/** The Go implementation's time-outs; a bound that keeps an attack below 50 MiB. */
export const defaultConnectionLimits: ConnectionLimits = {
  connections: 700,
  headMs: 10_000,
  idleMs: 120_000,
  stallMs: 30_000,
};

const sweepMs = 1_000;
const acceptRetryMs = 100;

/**
 * An HTTP/1 server for GET and HEAD that clients which never speak, or never read, can neither stop nor fill up.
 *
 * Not `Deno.serve`: it bounds neither the time of a head nor the number of connections, and 5,000 silent ones cost it
 * 75 MiB for as long as they like. Not `node:http` either, which takes six times the CPU a request and 140 MiB for 500
 * clients that do not read. `tests/bench/serve.ts` compares this one with Go and nginx.
 */
export class HttpServer {
  /** Where it listens; the port is the real one, also if port 0 was asked for. */
  readonly address: BindAddress;
  #listener: Deno.TcpListener | Deno.TlsListener;
  #certificate: ServerCertificate | undefined;
  readonly #options: HttpServerOptions;
  readonly #observer: ServerObserver;
  readonly #table: ConnectionTable<HttpConnection>;
  readonly #context: ConnectionContext;
  #draining = false;
  #onProgress: () => void = () => {};
  #cancelTimer: (() => void) | undefined;

  /** @throws {Deno.errors.AddrInUse} and whatever else listening throws */
  constructor(options: HttpServerOptions) {
    this.#options = options;
    this.#observer = options.observer ?? {};
    this.#table = new ConnectionTable({ ...defaultConnectionLimits, ...options.limits });
    this.#context = {
      handler: options.handler,
      pool: new PiecePool(),
      observer: this.#observer,
      now: () => options.clock.now(),
      progress: (connection, phase) => this.#progress(connection, phase),
      isDraining: () => this.#draining,
    };
    this.#certificate = options.certificate;
    this.#listener = this.#listen(options.address);
    const { hostname, port } = this.#listener.addr as Deno.NetAddr;
    this.address = { hostname, port };
    this.#accept();
  }

  /** How many clients are connected. */
  get connections(): number {
    return this.#table.size;
  }

  /** How many requests are being answered. */
  get inFlight(): number {
    return this.#table.count("answering");
  }

  /** Takes no more connections, lets running answers end for at most `timeoutMs`, then cuts them. */
  async drain(timeoutMs: number): Promise<void> {
    this.#draining = true;
    this.#stopListening();
    this.#cancelTimer?.();
    this.#closeAll("idle", "reading");
    await this.#answersEnd(timeoutMs);
    this.#closeAll("idle", "reading", "answering");
  }

  /**
   * Speaks TLS with another certificate from now on; connections that are open go on. The runtime binds a certificate to
   * a listener, so for a millisecond nobody listens, and a client that comes then has to come again.
   */
  useCertificate(certificate: ServerCertificate): void {
    if (!this.#certificate) throw new TypeError("Cannot change the certificate: there is no TLS");
    this.#certificate = certificate;
    this.#stopListening();
  }

  #stopListening(): void {
    try {
      this.#listener.close();
    } catch (error) {
      if (!(error instanceof Deno.errors.BadResource)) throw error; // stopped before
    }
  }

  #listen(address: BindAddress): Deno.TcpListener | Deno.TlsListener {
    return this.#certificate ? listenTls(address, this.#certificate) : listenTcp(address);
  }

  #answersEnd(timeoutMs: number): Promise<void> {
    return new Promise((resolve) => {
      const cancel = this.#options.clock.schedule(resolve, timeoutMs);
      this.#onProgress = () => {
        if (this.inFlight > 0) return;
        cancel();
        resolve();
      };
      this.#onProgress();
    });
  }

  #closeAll(...phases: readonly ConnectionPhase[]): void {
    for (const connection of phases.flatMap((phase) => this.#table.in(phase))) {
      this.#close(connection);
    }
  }

  async #accept(): Promise<void> {
    while (!this.#draining) {
      try {
        this.#serve(await this.#listener.accept());
      } catch (error) {
        if (this.#draining) return;
        if (error instanceof Deno.errors.BadResource && this.#listenAgain()) continue;
        this.#observer.failed?.(error);
        // Most likely too many open files: those that are busy must end first.
        await new Promise<void>((resolve) => {
          this.#options.clock.schedule(resolve, acceptRetryMs);
        });
      }
    }
  }

  #listenAgain(): boolean {
    try {
      const { hostname } = this.#options.address;
      this.#listener = this.#listen({ hostname, port: this.address.port });
      return true;
    } catch (error) {
      this.#observer.failed?.(error);
      return false;
    }
  }

  #serve(accepted: Deno.TcpConn | Deno.TlsConn): void {
    if (this.#draining) return accepted.close();
    if ("setNoDelay" in accepted) accepted.setNoDelay(true);
    const connection = new HttpConnection(accepted, this.#context);
    this.#progress(connection, "reading");
    this.#startSweep();
    connection.run().then(() => this.#leave(connection));
  }

  #progress(connection: HttpConnection, phase: ConnectionPhase): void {
    this.#table.enter(connection, phase, this.#options.clock.now());
    const surplus = this.#table.surplus();
    if (surplus) this.#cut({ connection: surplus, reason: "surplus" });
    this.#onProgress();
  }

  #cut({ connection, reason }: Cut<HttpConnection>): void {
    this.#observer.cut?.(reason);
    this.#close(connection);
  }

  #close(connection: HttpConnection): void {
    connection.close();
    this.#leave(connection);
  }

  #leave(connection: HttpConnection): void {
    this.#table.leave(connection);
    this.#onProgress();
  }

  /** Ticks only while somebody is connected, so that an idle process sleeps. */
  #startSweep(): void {
    if (this.#cancelTimer || this.#draining) return;
    this.#cancelTimer = this.#options.clock.schedule(() => {
      this.#cancelTimer = undefined;
      for (const cut of this.#table.expired(this.#options.clock.now())) this.#cut(cut);
      if (this.#table.size > 0) this.#startSweep();
    }, sweepMs);
  }
}
