import type { BindAddress } from "./bind_address.ts";
import { tcpBacklog } from "./listen_tcp.ts";

/** A certificate with those that lead to its authority, and its key; both PEM. */
export interface ServerCertificate {
  readonly cert: string;
  readonly key: string;
}

/**
 * Listens on an address with TLS 1.2 and 1.3, HTTP/1 only; an empty host is as in `listenTcp`. A handshake takes place
 * when the connection is read from.
 *
 * @throws {Error} as `Deno.listenTls` does
 */
export function listenTls(
  { hostname, port }: BindAddress,
  { cert, key }: ServerCertificate,
): Deno.TlsListener {
  const options = { port, tcpBacklog, cert, key, alpnProtocols: ["http/1.1"] };
  if (hostname !== "") return Deno.listenTls({ ...options, hostname });
  try {
    return Deno.listenTls({ ...options, hostname: "::" });
  } catch (error) {
    if (error instanceof Deno.errors.AddrInUse) throw error;
    return Deno.listenTls({ ...options, hostname: "0.0.0.0" });
  }
}

/** Why a server could not use it; undefined if it can. The runtime checks only when it listens. */
export function checkCertificate({ cert, key }: ServerCertificate): string | undefined {
  try {
    Deno.listenTls({ hostname: "127.0.0.1", port: 0, cert, key }).close();
    return undefined;
  } catch (error) {
    const words = error instanceof Error ? error.message.split("\n")[0] : String(error);
    return `${words}; it takes PEM, and a key that belongs to the certificate`;
  }
}
