interface Pair {
  readonly client: Deno.TcpConn;
  readonly server: Deno.TcpConn;
}

function closeQuietly(connection: Deno.TcpConn): void {
  try {
    connection.close();
  } catch {
    // The other direction was faster.
  }
}

/**
 * Stands between a client and a server and fails on demand, as networks do: drops every connection, or goes silent while
 * the connections stay open.
 */
export class TcpProxy {
  readonly #listener: Deno.TcpListener;
  readonly #target: { hostname: string; port: number };
  readonly #pairs = new Set<Pair>();
  readonly #accepting: Promise<void>;
  readonly #silenced = new Map<Pair, Promise<void>>();
  readonly #releases: (() => void)[] = [];
  /** Connections accepted so far. */
  accepted = 0;

  /** @param hostname the address to listen on, at any free port */
  constructor(target: URL, hostname = "127.0.0.1") {
    this.#listener = Deno.listen({ hostname, port: 0 });
    this.#target = { hostname: target.hostname, port: Number(target.port) };
    this.#accepting = this.#accept();
  }

  get port(): number {
    return (this.#listener.addr as Deno.NetAddr).port;
  }

  /** Closes every connection; new ones are accepted. */
  drop(): void {
    for (const { client, server } of this.#pairs) {
      closeQuietly(client);
      closeQuietly(server);
    }
  }

  /** From now on, what was connected before passes no byte; new connections do. */
  silence(): void {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#releases.push(resolve);
    for (const pair of this.#pairs) this.#silenced.set(pair, promise);
  }

  async close(): Promise<void> {
    for (const release of this.#releases) release();
    this.#listener.close();
    this.drop();
    await this.#accepting;
  }

  async #accept(): Promise<void> {
    for await (const client of this.#listener) {
      this.accepted += 1;
      void this.#serve(client);
    }
  }

  async #serve(client: Deno.TcpConn): Promise<void> {
    const server = await Deno.connect(this.#target).catch(() => undefined);
    if (!server) return closeQuietly(client);
    const pair = { client, server };
    this.#pairs.add(pair);
    await Promise.all([
      this.#copy(pair, client, server),
      this.#copy(pair, server, client),
    ]);
    this.#pairs.delete(pair);
    this.#silenced.delete(pair);
  }

  async #copy(pair: Pair, from: Deno.TcpConn, to: Deno.TcpConn): Promise<void> {
    const piece = new Uint8Array(65_536);
    try {
      for (let size = await from.read(piece); size !== null; size = await from.read(piece)) {
        await this.#silenced.get(pair);
        const writer = to.writable.getWriter();
        await writer.write(piece.slice(0, size));
        writer.releaseLock();
      }
    } catch {
      // Dropped: the other side learns it below.
    }
    closeQuietly(pair.client);
    closeQuietly(pair.server);
  }
}
