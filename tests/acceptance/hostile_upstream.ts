import net, { type Socket } from "node:net";
import type { KeyAndCertificate } from "../certificate_authority.ts";
import { startTcp, type Upstream } from "../upstream.ts";

/** Says what an upstream has to say to one request; `path` is that of the request. */
export type Answer = (socket: Socket, path: string) => void | Promise<void>;

/** How an upstream is started. */
export interface HostileUpstreamOptions {
  readonly answer: Answer;
  /** With two, {@linkcode HostileUpstream.present} changes which of them is shown. */
  readonly certificates?: readonly KeyAndCertificate[];
}

/**
 * A server whose answers are bytes, on a port that stays: it can turn hostile and good again while it runs. In front
 * stands a plain TCP server, so that also the certificate behind one port can become another.
 */
export class HostileUpstream implements AsyncDisposable {
  answer: Answer;
  /** When each request had come, in milliseconds since the Unix epoch. */
  readonly askedAt: number[] = [];
  /** Request line and headers of the last request. */
  head = "";
  readonly #servers: Upstream[] = [];
  #front: Upstream | undefined;
  #shown = 0;

  private constructor(answer: Answer) {
    this.answer = answer;
  }

  static async start(
    { answer, certificates = [] }: HostileUpstreamOptions,
  ): Promise<HostileUpstream> {
    const upstream = new HostileUpstream(answer);
    const onSocket = (socket: Socket) => upstream.#serve(socket);
    for (const certificate of certificates) {
      upstream.#servers.push(await startTcp(onSocket, certificate));
    }
    upstream.#front = await startTcp((socket) => {
      const server = upstream.#servers[upstream.#shown];
      return server ? join(socket, net.connect(server.port, "127.0.0.1")) : onSocket(socket);
    });
    return upstream;
  }

  get port(): number {
    return this.#front!.port;
  }

  /** From now on new connections see another certificate; the old ones are closed. */
  present(certificate: number): void {
    this.#shown = certificate;
    for (const socket of this.#front!.sockets) socket.destroy();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const server of [this.#front!, ...this.#servers]) await server[Symbol.asyncDispose]();
  }

  #serve(socket: Socket): void {
    let text = "";
    socket.on("data", (bytes: Uint8Array) => {
      text += new TextDecoder().decode(bytes);
      if (!text.includes("\r\n\r\n")) return;
      this.askedAt.push(Date.now());
      this.head = text;
      text = "";
      void this.answer(socket, this.head.split(" ")[1] ?? "");
    });
  }
}

function join(one: Socket, other: Socket): void {
  for (const [from, to] of [[one, other], [other, one]] as const) {
    from.on("error", () => {});
    from.on("close", () => to.destroy());
    from.pipe(to);
  }
}
