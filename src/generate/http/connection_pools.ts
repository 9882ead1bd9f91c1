import type { Socket } from "node:net";
import { Client } from "undici";
import { HttpFailure } from "./http_failure.ts";
import type { Target } from "./open_socket.ts";
import { unlessAborted } from "./unless_aborted.ts";

/** Bounds on connections, `HTTP_MAX_IDLE_CONNS` and its like; Infinity for none. */
export interface PoolLimits {
  readonly idleTimeoutMs: number;
  readonly maxIdle: number;
  readonly maxIdlePerTarget: number;
  readonly maxPerTarget: number;
}

/** One connection; only one exchange uses it at a time. */
export interface Connection {
  readonly client: Client;
  /** Whether an earlier exchange used it: the other side may have given it up by now. */
  readonly reused: boolean;
}

interface Pool {
  readonly key: string;
  /** The last one used is the first one taken. */
  readonly idle: Socket[];
  busy: number;
  /** Exchanges that wait for a place, first come first served. */
  readonly waiting: (() => void)[];
}

interface Lease extends Connection {
  readonly pool: Pool;
  readonly socket: Socket;
}

const connectionLost = () =>
  new HttpFailure("connection closed by the other side", { class: "transient", broken: true });

/** More than any honest upstream sends; Go allows 1 MiB, Node 16 KiB. */
const maxHeaderSize = 256 * 1024;

/** undici has no word for "never"; this is the largest delay a timer can have. */
const longestMs = 2 ** 31 - 1;

/**
 * Connections by what they lead to and how (DESIGN §9: origin, CA, skip-verify, proxy), one undici client to each. A
 * socket is opened before undici sees it, so every failure on the way to it is ours to name, and what is idle, busy or
 * too much is counted as Go's transport does.
 */
export class ConnectionPools {
  readonly #limits: PoolLimits;
  readonly #open: (target: Target, signal: AbortSignal) => Promise<Socket>;
  readonly #pools = new Map<string, Pool>();
  readonly #clients = new Map<Socket, Client>();
  /** Of every pool, the one idle for longest first. */
  readonly #idle = new Map<Socket, Pool>();

  constructor(
    limits: PoolLimits,
    open: (target: Target, signal: AbortSignal) => Promise<Socket>,
  ) {
    this.#limits = limits;
    this.#open = open;
  }

  /** Connections that are open, for tests and metrics. */
  get size(): number {
    return this.#clients.size;
  }

  /**
   * A connection that is nobody else's until it is given back. Waits while the target has as many as it may.
   *
   * @throws as `open`; the reason of the signal if it is aborted
   */
  async acquire(target: Target, signal: AbortSignal): Promise<Connection> {
    const pool = this.#poolOf(target);
    signal.throwIfAborted();
    if (pool.busy < this.#limits.maxPerTarget) pool.busy++;
    else await this.#place(pool, signal);
    const socket = this.#takeIdle(pool);
    if (socket) return this.#lease(pool, socket, true);
    try {
      const opened = await this.#open(target, signal);
      this.#adopt(target, opened);
      return this.#lease(pool, opened, false);
    } catch (error) {
      this.#leave(pool);
      throw error;
    }
  }

  /** @param reusable false if an answer was not read to its end: the connection is closed */
  release(connection: Connection, reusable: boolean): void {
    const { pool, socket } = connection as Lease;
    const usable = reusable && !socket.destroyed && this.#clients.has(socket);
    if (usable) this.#keep(pool, socket);
    else this.#destroy(socket);
    this.#leave(pool);
  }

  /** Closes every connection, also those in use. */
  async close(): Promise<void> {
    const clients = [...this.#clients.values()];
    this.#clients.clear();
    this.#idle.clear();
    this.#pools.clear();
    await Promise.all(clients.map((client) => client.destroy()));
  }

  #poolOf({ url, proxy, ca, insecureSkipVerify }: Target): Pool {
    const via = proxy && [proxy.url.href, proxy.authorization];
    const key = JSON.stringify([url.origin, via, ca, insecureSkipVerify]);
    const pool = this.#pools.get(key) ?? { key, idle: [], busy: 0, waiting: [] };
    this.#pools.set(key, pool);
    return pool;
  }

  #lease(pool: Pool, socket: Socket, reused: boolean): Lease {
    return { pool, socket, reused, client: this.#clients.get(socket)! };
  }

  /** Waits until an exchange that ends leaves its place to this one. */
  async #place(pool: Pool, signal: AbortSignal): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    pool.waiting.push(resolve);
    try {
      await unlessAborted(promise, signal);
    } catch (error) {
      const at = pool.waiting.indexOf(resolve);
      if (at >= 0) pool.waiting.splice(at, 1);
      else this.#leave(pool);
      throw error;
    }
  }

  #takeIdle(pool: Pool): Socket | undefined {
    for (let socket = pool.idle.pop(); socket; socket = pool.idle.pop()) {
      this.#idle.delete(socket);
      if (!socket.destroyed) return socket;
      this.#destroy(socket);
    }
    return undefined;
  }

  #keep(pool: Pool, socket: Socket): void {
    pool.idle.push(socket);
    this.#idle.set(socket, pool);
    if (pool.idle.length > this.#limits.maxIdlePerTarget) this.#destroy(pool.idle[0]!);
    const [oldest] = this.#idle.keys();
    if (this.#idle.size > this.#limits.maxIdle && oldest) this.#destroy(oldest);
  }

  #leave(pool: Pool): void {
    const next = pool.waiting.shift();
    if (next) return next();
    pool.busy--;
    this.#forgetIfEmpty(pool);
  }

  #forgetIfEmpty(pool: Pool): void {
    const empty = pool.busy === 0 && pool.idle.length === 0 && pool.waiting.length === 0;
    if (empty && this.#pools.get(pool.key) === pool) this.#pools.delete(pool.key);
  }

  /** The client gets this one socket and never another: a lost connection is a lost client. */
  #adopt({ url }: Target, socket: Socket): void {
    const idleMs = Math.min(this.#limits.idleTimeoutMs, longestMs);
    let handed = false;
    const client = new Client(url.origin, {
      // undici overlooks an answer that comes before it has stopped asking.
      connect: (_options, callback) => {
        const first = !handed;
        handed = true;
        queueMicrotask(() => first ? callback(null, socket) : callback(connectionLost(), null));
      },
      allowH2: false,
      maxHeaderSize,
      headersTimeout: 0,
      bodyTimeout: 0,
      keepAliveTimeout: idleMs,
      keepAliveMaxTimeout: idleMs,
    });
    this.#clients.set(socket, client);
    socket.once("close", () => this.#destroy(socket));
  }

  #destroy(socket: Socket): void {
    const client = this.#clients.get(socket);
    const pool = this.#idle.get(socket);
    this.#clients.delete(socket);
    this.#idle.delete(socket);
    if (pool) {
      pool.idle.splice(pool.idle.indexOf(socket), 1);
      this.#forgetIfEmpty(pool);
    }
    socket.destroy();
    // Rejects only if it is destroyed twice.
    client?.destroy().catch(() => {});
  }
}
