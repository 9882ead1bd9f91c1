import http from "node:http";
import https from "node:https";
import net, { type AddressInfo, type Server, type Socket } from "node:net";
import tls from "node:tls";
import type { KeyAndCertificate } from "./certificate_authority.ts";
import { settle } from "./settle.ts";

/** A real server on loopback, on a port of its own. */
export interface Upstream extends AsyncDisposable {
  readonly port: number;
  /** `http://127.0.0.1:port` or, over TLS, `https://localhost:port`. */
  readonly origin: string;
  /** Connections that are open. */
  readonly sockets: ReadonlySet<Socket>;
  /** How many connections there ever were. */
  readonly accepted: number;
}

async function listen(server: Server, scheme: "http" | "https"): Promise<Upstream> {
  const sockets = new Set<Socket>();
  let accepted = 0;
  server.on("connection", (socket) => {
    accepted++;
    sockets.add(socket);
    socket.on("error", () => {});
    socket.on("close", () => sockets.delete(socket));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return {
    port,
    origin: scheme === "http" ? `http://127.0.0.1:${port}` : `https://localhost:${port}`,
    sockets,
    get accepted() {
      return accepted;
    },
    async [Symbol.asyncDispose]() {
      const closed = new Promise((resolve) => server.close(resolve));
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
}

/** An HTTP server; with a certificate an HTTPS server. */
export async function startHttp(
  handler: http.RequestListener,
  certificate?: KeyAndCertificate,
): Promise<Upstream> {
  if (!certificate) return await listen(http.createServer(handler), "http");
  const server = https.createServer({ ...certificate }, handler);
  server.on("tlsClientError", () => {});
  return await listen(server, "https");
}

/** A server of bytes, for what no HTTP server would say. */
export async function startTcp(
  onSocket: (socket: Socket) => void,
  certificate?: KeyAndCertificate,
): Promise<Upstream> {
  if (!certificate) return await listen(net.createServer(onSocket), "http");
  const server = tls.createServer({ ...certificate }, (socket) => {
    socket.on("error", () => {});
    onSocket(socket);
  });
  server.on("tlsClientError", () => {});
  return await listen(server, "https");
}

/** Turns of the event loop until something is so. */
export async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await settle();
}
