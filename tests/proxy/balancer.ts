import { connect, createServer, type Server, type Socket } from "node:net";

/** Where a server listens; a port alone is one of 127.0.0.1. */
export type BalancerPlace = number | { readonly hostname: string; readonly port: number };

const placeOf = (place: BalancerPlace) =>
  typeof place === "number" ? { hostname: "127.0.0.1", port: place } : place;

/**
 * One address in front of several servers, as a Service is: each connection goes to the next server that accepts one. What
 * was connected to a server that dies breaks, as it does there.
 */
export class Balancer implements AsyncDisposable {
  readonly #server: Server;
  readonly #ports: () => readonly BalancerPlace[];
  readonly #sockets = new Set<Socket>();
  #next = 0;

  private constructor(server: Server, ports: () => readonly BalancerPlace[]) {
    this.#server = server;
    this.#ports = ports;
  }

  /** @param ports of the servers that take part at a moment */
  static async start(
    ports: readonly BalancerPlace[] | (() => readonly BalancerPlace[]),
    at: BalancerPlace,
  ): Promise<Balancer> {
    const server = createServer();
    const { hostname, port } = placeOf(at);
    const balancer = new Balancer(server, typeof ports === "function" ? ports : () => ports);
    server.on("connection", (client) => balancer.#take(client));
    await new Promise<void>((resolve) => server.listen(port, hostname, resolve));
    return balancer;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await new Promise<void>((resolve) => this.#server.close(() => resolve()));
  }

  #take(client: Socket): void {
    this.#follow(client);
    const ports = this.#ports();
    const first = ports.length === 0 ? 0 : this.#next++ % ports.length;
    this.#forward(client, [...ports.slice(first), ...ports.slice(0, first)]);
  }

  #forward(client: Socket, [target, ...others]: readonly BalancerPlace[]): void {
    if (target === undefined) return void client.destroy();
    const upstream = connect({ host: placeOf(target).hostname, port: placeOf(target).port });
    this.#follow(upstream);
    upstream.once("connect", () => {
      upstream.removeAllListeners("error");
      upstream.on("error", () => client.destroy());
      client.on("error", () => upstream.destroy());
      upstream.on("close", () => client.destroy());
      client.on("close", () => upstream.destroy());
      client.pipe(upstream).pipe(client);
    });
    upstream.once("error", () => this.#forward(client, others));
  }

  #follow(socket: Socket): void {
    this.#sockets.add(socket);
    socket.once("close", () => this.#sockets.delete(socket));
  }
}
