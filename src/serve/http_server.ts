import { createSecureContext, type SecureContext } from "node:tls";
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
import { PiecePool } from "./piece_pool.ts";
import type { ServerCertificate } from "./server_certificate.ts";
import type { ServerObserver } from "./server_observer.ts";
import { TlsConnection } from "./tls_connection.ts";

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

/** A session of TLS costs as much as two connections without. */
const secureConnections = 350;
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
  readonly #listener: Deno.TcpListener;
  #secureContext: SecureContext | undefined;
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
    this.#table = new ConnectionTable({
      ...defaultConnectionLimits,
      ...(options.certificate ? { connections: secureConnections } : {}),
      ...options.limits,
    });
    this.#context = {
      handler: options.handler,
      pool: new PiecePool(),
      observer: this.#observer,
      now: () => options.clock.now(),
      progress: (connection, phase) => this.#progress(connection, phase),
      isDraining: () => this.#draining,
    };
    this.#secureContext = options.certificate && createSecureContext(options.certificate);
    this.#listener = listenTcp(options.address);
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
    if (!this.#draining) this.#listener.close();
    this.#draining = true;
    this.#cancelTimer?.();
    this.#closeAll("idle", "reading");
    await this.#answersEnd(timeoutMs);
    this.#closeAll("idle", "reading", "answering");
  }

  /** Speaks TLS with another certificate to those who connect from now on. */
  useCertificate(certificate: ServerCertificate): void {
    if (!this.#secureContext) throw new TypeError("Cannot change the certificate: there is no TLS");
    this.#secureContext = createSecureContext(certificate);
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
        this.#observer.failed?.(error);
        // Most likely too many open files: those that are busy must end first.
        await new Promise<void>((resolve) => {
          this.#options.clock.schedule(resolve, acceptRetryMs);
        });
      }
    }
  }

  #serve(accepted: Deno.TcpConn): void {
    if (this.#draining) return accepted.close();
    accepted.setNoDelay(true);
    const client = this.#secureContext
      ? new TlsConnection(accepted, this.#secureContext)
      : accepted;
    const connection = new HttpConnection(client, this.#context);
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
