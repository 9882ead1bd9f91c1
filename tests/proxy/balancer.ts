import { connect, createServer, type Server, type Socket } from "node:net";

/**
 * One address in front of several servers, as a Service is: each connection goes to the next server that accepts one. What
 * was connected to a server that dies breaks, as it does there.
 */
export class Balancer implements AsyncDisposable {
  readonly #server: Server;
  readonly #ports: readonly number[];
  readonly #sockets = new Set<Socket>();
  #next = 0;

  private constructor(server: Server, ports: readonly number[]) {
    this.#server = server;
    this.#ports = ports;
  }

  /** @param ports of the servers, on 127.0.0.1 */
  static async start(ports: readonly number[], port: number): Promise<Balancer> {
    const server = createServer();
    const balancer = new Balancer(server, ports);
    server.on("connection", (client) => balancer.#forward(client, balancer.#next++));
    await new Promise<void>((resolve) => server.listen(port, "127.0.0.1", resolve));
    return balancer;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await new Promise<void>((resolve) => this.#server.close(() => resolve()));
  }

  #forward(client: Socket, first: number, attempt = 0): void {
    this.#follow(client);
    const target = this.#ports[(first + attempt) % this.#ports.length]!;
    const upstream = connect(target, "127.0.0.1");
    this.#follow(upstream);
    upstream.once("connect", () => {
      upstream.removeAllListeners("error");
      upstream.on("error", () => client.destroy());
      client.on("error", () => upstream.destroy());
      upstream.on("close", () => client.destroy());
      client.on("close", () => upstream.destroy());
      client.pipe(upstream).pipe(client);
    });
    upstream.once("error", () => {
      if (attempt + 1 < this.#ports.length) this.#forward(client, first, attempt + 1);
      else client.destroy();
    });
  }

  #follow(socket: Socket): void {
    this.#sockets.add(socket);
    socket.once("close", () => this.#sockets.delete(socket));
  }
}
