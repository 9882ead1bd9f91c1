import type { Clock } from "../core/clock.ts";
import type { Peer } from "../core/peer.ts";
import { formatBindAddress } from "./bind_address.ts";

/** How a peer's certificate is checked. */
export interface PeerTrust {
  /** The name that the certificates of all replicas carry: an address does not stand in them. */
  readonly serverName: string;
  /** PEM; besides the authorities that the runtime knows. */
  readonly caCerts: readonly string[];
}

/** What is asked of a peer. */
export interface PeerRequest {
  readonly method: "GET" | "HEAD";
  /** With its slash. */
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  /** For a peer that speaks TLS. */
  readonly trust: PeerTrust | undefined;
  /** Closes the connection until the head of the answer has come. */
  readonly signal: AbortSignal;
}

/** The head of an answer. Whoever has it closes it, or reads its body to the end. */
export interface PeerAnswer {
  readonly status: number;
  /** `Content-Length`; undefined if there is none. */
  readonly size: number | undefined;
  /** The body; at most one call. Fails if it ends early, or nothing comes for 30 s. */
  body(): ReadableStream<Uint8Array>;
  close(): void;
}

const maxHeadBytes = 16 * 1024;
const pieceBytes = 64 * 1024;
const idleMs = 30_000;
const encoder = new TextEncoder();

/**
 * Asks the artifact server of another replica, on a connection of its own. Not by `fetch`: a peer is known by its address,
 * and its certificate by a name.
 *
 * @throws {Error} if it cannot be reached, or answers nothing that can be read
 */
export async function askPeer(
  peer: Peer,
  request: PeerRequest,
  clock: Pick<Clock, "schedule">,
): Promise<PeerAnswer> {
  const { signal } = request;
  const connection = await connect(peer, request);
  const close = () => closeQuietly(connection);
  signal.addEventListener("abort", close, { once: true });
  try {
    signal.throwIfAborted();
    await writeAll(connection, encoder.encode(headOf(peer, request)));
    const { head, rest } = await readHead(connection);
    const status = Number(/^HTTP\/1\.[01] ([0-9]{3}) /.exec(head)?.[1]);
    if (!status) throw new Error("Cannot ask a peer: it does not answer in HTTP");
    const length = /\r\nContent-Length: *([0-9]{1,15})\r\n/i.exec(head)?.[1];
    const size = length === undefined ? undefined : Number(length);
    const body = () => ReadableStream.from(pieces({ connection, clock, rest, size: size ?? 0 }));
    return { status, size, body, close };
  } catch (error) {
    close();
    throw error;
  } finally {
    signal.removeEventListener("abort", close);
  }
}

async function connect(peer: Peer, { trust, signal }: PeerRequest): Promise<Deno.Conn> {
  const { hostname, port, secure } = peer;
  const connection = await Deno.connect({ hostname, port, signal });
  if (!secure) return connection;
  if (!trust) {
    connection.close();
    throw new Error("Cannot ask a peer: it speaks TLS, and no certificate is known here");
  }
  const close = () => closeQuietly(connection);
  signal.addEventListener("abort", close, { once: true });
  try {
    return await Deno.startTls(connection, {
      hostname: trust.serverName,
      caCerts: [...trust.caCerts],
    });
  } finally {
    signal.removeEventListener("abort", close);
  }
}

function headOf(peer: Peer, { method, path, headers }: PeerRequest): string {
  const fields = { Host: formatBindAddress(peer), Connection: "close", ...headers };
  const lines = Object.entries(fields).map(([name, value]) => `${name}: ${value}\r\n`);
  return `${method} ${path} HTTP/1.1\r\n${lines.join("")}\r\n`;
}

async function readHead(connection: Deno.Conn): Promise<{ head: string; rest: Uint8Array }> {
  const buffer = new Uint8Array(maxHeadBytes);
  for (let filled = 0; filled < buffer.length;) {
    const count = await connection.read(buffer.subarray(filled));
    if (count === null) break;
    filled += count;
    const text = String.fromCharCode(...buffer.subarray(0, Math.min(filled, 4_096)));
    const end = text.indexOf("\r\n\r\n");
    if (end >= 0) return { head: text.slice(0, end + 2), rest: buffer.slice(end + 4, filled) };
  }
  throw new Error("Cannot ask a peer: it ends before its answer");
}

async function* pieces({ connection, clock, rest, size }: {
  readonly connection: Deno.Conn;
  readonly clock: Pick<Clock, "schedule">;
  readonly rest: Uint8Array;
  readonly size: number;
}): AsyncGenerator<Uint8Array> {
  try {
    let left = size - rest.length;
    if (rest.length > 0) yield rest;
    while (left > 0) {
      const piece = new Uint8Array(Math.min(pieceBytes, left));
      const cancel = clock.schedule(() => closeQuietly(connection), idleMs);
      const count = await connection.read(piece).finally(cancel);
      if (count === null) throw new Error("Cannot read from a peer: it ends early");
      left -= count;
      yield piece.subarray(0, count);
    }
  } finally {
    closeQuietly(connection);
  }
}

async function writeAll(connection: Deno.Conn, bytes: Uint8Array): Promise<void> {
  for (let sent = 0; sent < bytes.length;) sent += await connection.write(bytes.subarray(sent));
}

function closeQuietly(connection: Deno.Conn): void {
  try {
    connection.close();
  } catch (error) {
    if (!(error instanceof Deno.errors.BadResource)) throw error;
  }
}
