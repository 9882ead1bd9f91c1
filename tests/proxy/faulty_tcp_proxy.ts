/** What happens to one connection. */
export interface ConnectionFault {
  /** Closes it when so many bytes have passed, both ways together. */
  readonly cutAfter?: number;
  /** Alters the byte at this place among those that come from the server. */
  readonly alterAt?: number;
  /** The same among those that come from the client. */
  readonly alterSentAt?: number;
  /** Milliseconds that every piece waits. */
  readonly delayMs?: number;
  /** Closes it before anything passes. */
  readonly refuse?: boolean;
}

type Connection = Deno.TcpConn;

function closeQuietly(connection: Connection): void {
  try {
    connection.close();
  } catch {
    // The other direction was faster.
  }
}

/** Stands between a client and a server and spoils each connection as `nextFault` says. */
export class FaultyTcpProxy implements AsyncDisposable {
  readonly #listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  /** Where new connections lead. */
  targetPort: number;
  readonly #nextFault: () => ConnectionFault;
  readonly #open = new Set<Connection>();
  readonly #serving = new Set<Promise<void>>();
  readonly #wakers = new Set<() => void>();
  readonly #accepting: Promise<void>;
  /** Connections that were refused or cut off. */
  broken = 0;
  /** Bytes that were altered. */
  altered = 0;

  constructor(targetPort: number, nextFault: () => ConnectionFault) {
    this.targetPort = targetPort;
    this.#nextFault = nextFault;
    this.#accepting = this.#accept();
  }

  get port(): number {
    return (this.#listener.addr as Deno.NetAddr).port;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#listener.close();
    this.dropAll();
    await this.#accepting;
    await Promise.all(this.#serving);
  }

  /** Closes every connection. */
  dropAll(): void {
    for (const connection of this.#open) closeQuietly(connection);
    for (const wake of this.#wakers) wake();
  }

  async #accept(): Promise<void> {
    for await (const client of this.#listener) {
      const serving = this.#serve(client).finally(() => this.#serving.delete(serving));
      this.#serving.add(serving);
    }
  }

  async #serve(client: Connection): Promise<void> {
    const fault = this.#nextFault();
    if (fault.refuse) {
      this.broken++;
      return closeQuietly(client);
    }
    const server = await Deno.connect({ hostname: "127.0.0.1", port: this.targetPort })
      .catch(() => undefined);
    if (!server) return closeQuietly(client);
    this.#open.add(client).add(server);
    const passed = { bytes: 0 };
    await Promise.all([
      this.#copy([client, server], { ...fault, alterAt: fault.alterSentAt ?? -1 }, passed),
      this.#copy([server, client], fault, passed),
    ]);
    this.#open.delete(client);
    this.#open.delete(server);
  }

  async #copy(
    [from, to]: readonly [Connection, Connection],
    fault: ConnectionFault,
    passed: { bytes: number },
  ): Promise<void> {
    const buffer = new Uint8Array(16_384);
    let own = 0;
    try {
      for (let size = await from.read(buffer); size !== null; size = await from.read(buffer)) {
        const left = Math.max(0, (fault.cutAfter ?? Infinity) - passed.bytes);
        const piece = buffer.subarray(0, Math.min(size, left));
        this.#alter(piece, (fault.alterAt ?? -1) - own);
        own += piece.length;
        passed.bytes += piece.length;
        if (fault.delayMs) await this.#pause(fault.delayMs);
        for (let at = 0; at < piece.length;) at += await to.write(piece.subarray(at));
        if (size <= left) continue;
        this.broken++;
        break;
      }
    } catch {
      // Closed by the other side, which learns it below.
    }
    closeQuietly(from);
    closeQuietly(to);
  }

  /** Ends early when everything is closed. */
  async #pause(ms: number): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, ms);
    this.#wakers.add(resolve);
    await promise;
    clearTimeout(timer);
    this.#wakers.delete(resolve);
  }

  #alter(piece: Uint8Array, at: number): void {
    if (at < 0 || at >= piece.length) return;
    piece[at]! ^= 0xff;
    this.altered++;
  }
}
