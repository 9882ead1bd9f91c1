import type { BindAddress } from "./bind_address.ts";

/** Pending connections; Linux takes the smaller of this and net.core.somaxconn. */
const tcpBacklog = 4_096;

/**
 * Listens on an address. An empty host is IPv6 and IPv4 at once, or IPv4 alone on a machine without IPv6.
 *
 * @throws {Error} as `Deno.listen` does
 */
export function listenTcp({ hostname, port }: BindAddress): Deno.TcpListener {
  if (hostname !== "") return Deno.listen({ hostname, port, tcpBacklog });
  try {
    return Deno.listen({ hostname: "::", port, tcpBacklog });
  } catch (error) {
    if (error instanceof Deno.errors.AddrInUse) throw error;
    return Deno.listen({ hostname: "0.0.0.0", port, tcpBacklog });
  }
}
