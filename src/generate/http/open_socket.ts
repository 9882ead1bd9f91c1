import net from "node:net";
import tls from "node:tls";
import type { Clock } from "../../core/clock.ts";
import { type AddressGuard, type HostPort, hostPortOf } from "./address_guard.ts";
import { errorCode, HttpFailure, rejected } from "./http_failure.ts";
import { parseIpAddress } from "./ip_address.ts";
import type { Proxy } from "./proxy.ts";
import { type Lookup, resolveHost } from "./resolve_host.ts";
import { openTunnel } from "./tunnel.ts";
import { unlessAborted } from "./unless_aborted.ts";

/** What a connection leads to, and how: two requests share one only if all of it is equal. */
export interface Target {
  /** Only scheme, host and port matter. */
  readonly url: URL;
  readonly proxy: Proxy | undefined;
  /** PEM; replaces the system's roots. */
  readonly ca: string | undefined;
  readonly insecureSkipVerify: boolean;
}

/** What {@linkcode openSocket} needs of the world. */
export interface SocketOptions {
  readonly clock: Clock;
  readonly guard: AddressGuard;
  readonly lookup: Lookup;
  /** Whether a name that only the proxy can resolve is left to it. */
  readonly proxyTrusted: boolean;
}

/** How long an address may keep the next one of the same name waiting. */
const nextAddressMs = 2_000;

/** Resolves with the socket at `event`; destroys it if anything else comes first. */
async function opened<Socket extends net.Socket>(
  socket: Socket,
  event: string,
  signal: AbortSignal,
): Promise<Socket> {
  // Later errors are the HTTP client's; without a listener here one between the two would end the process.
  socket.on("error", () => {});
  const { promise, resolve, reject } = Promise.withResolvers<Socket>();
  socket.once(event, () => resolve(socket));
  socket.once("error", reject);
  try {
    return await unlessAborted(promise, signal);
  } catch (error) {
    socket.destroy();
    throw error;
  }
}

async function connectTo(address: string, port: number, signal: AbortSignal): Promise<net.Socket> {
  const socket = await opened(net.connect({ host: address, port }), "connect", signal);
  socket.setNoDelay(true);
  socket.setKeepAlive(true, 60_000);
  return socket;
}

/** Tries addresses one after the other; the last may take as long as the signal lets it. */
async function connectToAny(
  addresses: readonly string[],
  { port, signal, clock }: {
    readonly port: number;
    readonly signal: AbortSignal;
    readonly clock: Clock;
  },
): Promise<net.Socket> {
  for (const address of addresses.slice(0, -1)) {
    const attempt = new AbortController();
    const stop = clock.schedule(() => attempt.abort(), nextAddressMs);
    try {
      return await connectTo(address, port, AbortSignal.any([signal, attempt.signal]));
    } catch {
      signal.throwIfAborted();
    } finally {
      stop();
    }
  }
  return await connectTo(addresses.at(-1)!, port, signal);
}

/** TLS over a socket. Any end of the handshake but a closed connection is the certificate's or the settings' fault. */
async function secure(
  socket: net.Socket,
  { host, ca, insecureSkipVerify }: HostPort & Pick<Target, "ca" | "insecureSkipVerify">,
  signal: AbortSignal,
): Promise<net.Socket> {
  const isName = parseIpAddress(host) === undefined;
  const secured = tls.connect({
    socket,
    host,
    // An address may not stand in the server name of the handshake (RFC 6066 §3); the certificate is compared with `host`.
    servername: isName ? host.replace(/\.$/, "") : "",
    ALPNProtocols: ["http/1.1"],
    rejectUnauthorized: !insecureSkipVerify,
    ...(ca === undefined ? {} : { ca }),
  });
  try {
    return await opened(secured, "secureConnect", signal);
  } catch (error) {
    throw tlsFailure(error);
  }
}

const wrongCertificate: Readonly<Record<string, string>> = {
  ERR_TLS_CERT_ALTNAME_INVALID: "the TLS certificate is for another name",
  CERT_HAS_EXPIRED: "the TLS certificate has expired",
  CERT_NOT_YET_VALID: "the TLS certificate is not valid yet",
  DEPTH_ZERO_SELF_SIGNED_CERT: "the TLS certificate is signed by itself",
  SELF_SIGNED_CERT_IN_CHAIN: "the TLS certificate is signed by an unknown authority",
  // Deno's only word for it, whichever it is.
  UNABLE_TO_VERIFY_LEAF_SIGNATURE:
    "the TLS certificate has expired or is signed by an unknown authority",
};

/** A certificate does not become right by being asked for again in a second: the next try is at the interval. */
function tlsFailure(error: unknown): unknown {
  const code = error instanceof Error && "code" in error ? String(error.code) : undefined;
  if (code === undefined || error instanceof HttpFailure) return error;
  const known = wrongCertificate[code];
  if (known) return rejected(known);
  return errorCode(error) === undefined || code.startsWith("ERR_")
    ? rejected(`no TLS connection can be agreed upon (${code})`)
    : error;
}

async function openThroughProxy(
  { url, proxy, ca, insecureSkipVerify }: Target & { readonly proxy: Proxy },
  { guard, lookup, proxyTrusted, clock }: SocketOptions,
  signal: AbortSignal,
): Promise<net.Socket> {
  const target = hostPortOf(url);
  await unlessAborted(guard.addressesOf(target), signal).catch((error) => {
    const unresolved = error instanceof HttpFailure && error.details.unresolved === true;
    if (!unresolved || !proxyTrusted) throw error;
  });
  const via = hostPortOf(proxy.url);
  const addresses = await unlessAborted(resolveHost(via.host, lookup), signal);
  const plain = await connectToAny(addresses, { port: via.port, signal, clock });
  const socket = proxy.url.protocol === "https:"
    ? await secure(plain, { ...via, ca: undefined, insecureSkipVerify: false }, signal)
    : plain;
  if (url.protocol === "http:") return socket;
  await openTunnel(socket, { target: url, authorization: proxy.authorization, signal });
  return await secure(socket, { ...target, ca, insecureSkipVerify }, signal);
}

/**
 * Opens a connection over which HTTP/1.1 can be spoken: TCP, a proxy's tunnel, TLS. Every address is checked after DNS, and
 * the one connected to once more. An aborted signal ends it at any point and leaves no socket behind.
 *
 * @throws {HttpFailure} or an error of Node's with a code; the reason of the signal if it is aborted
 */
export async function openSocket(
  target: Target,
  options: SocketOptions,
  signal: AbortSignal,
): Promise<net.Socket> {
  const { url, proxy, ca, insecureSkipVerify } = target;
  if (proxy) return await openThroughProxy({ ...target, proxy }, options, signal);
  const hostPort = hostPortOf(url);
  const addresses = await unlessAborted(options.guard.addressesOf(hostPort), signal);
  const { clock } = options;
  const socket = await connectToAny(addresses, { port: hostPort.port, signal, clock });
  try {
    await options.guard.check(hostPort, socket.remoteAddress ?? "");
  } catch (error) {
    socket.destroy();
    throw error;
  }
  if (url.protocol === "http:") return socket;
  return await secure(socket, { ...hostPort, ca, insecureSkipVerify }, signal);
}
