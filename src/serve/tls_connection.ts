import type { SecureContext } from "node:tls";
import type { ClientConnection } from "./client_connection.ts";
import { TlsSession } from "./tls_session.ts";

/** RFC 8446 §5.1: type of a record with a handshake message; header; longest record. */
const handshakeType = 22;
const headerBytes = 5;
const maxRecordBytes = 16 * 1024;
const firstBytes = 512;

/**
 * An accepted connection whose client has to speak TLS. Until its first record is complete it costs 512 bytes, and a
 * session only then: clients that never finish a handshake are many in an attack.
 *
 * Not `Deno.listenTls`: closing one of its connections before the handshake has ended leaves the socket open until the
 * client goes, so that such clients could not be bounded; and it has one certificate for as long as it listens. Both
 * seen with Deno 2.9.6.
 */
export class TlsConnection implements ClientConnection {
  readonly remoteAddr: Deno.NetAddr;
  readonly #raw: Deno.TcpConn;
  readonly #secureContext: SecureContext;
  #session: TlsSession | undefined;

  constructor(raw: Deno.TcpConn, secureContext: SecureContext) {
    this.remoteAddr = raw.remoteAddr;
    this.#raw = raw;
    this.#secureContext = secureContext;
  }

  /** @throws {Error} if the client does not speak TLS, or not ours */
  async read(into: Uint8Array): Promise<number | null> {
    if (!this.#session) {
      const received = await readRecord(this.#raw);
      if (!received) return null;
      this.#session = new TlsSession(this.#raw, { secureContext: this.#secureContext, received });
    }
    return await this.#session.read(into);
  }

  async write(bytes: Uint8Array): Promise<number> {
    if (!this.#session) throw new TypeError("Cannot write before the client has spoken");
    let sent = 0;
    while (sent < bytes.length) sent += await this.#session.write(bytes.subarray(sent));
    return sent;
  }

  async closeWrite(): Promise<void> {
    await (this.#session ?? this.#raw).closeWrite();
  }

  close(): void {
    this.#raw.close();
    this.#session?.destroy();
  }
}

/** The first record, and what came with it; undefined if the client goes before it is complete. */
async function readRecord(raw: Deno.TcpConn): Promise<Uint8Array | undefined> {
  let buffer = new Uint8Array(firstBytes);
  for (let filled = 0;;) {
    const count = await raw.read(buffer.subarray(filled));
    if (count === null) return undefined;
    filled += count;
    const length = headerBytes + (filled < headerBytes ? 0 : buffer[3]! * 256 + buffer[4]!);
    if (buffer[0] !== handshakeType || length > headerBytes + maxRecordBytes) {
      throw new Deno.errors.InvalidData("the client does not speak TLS");
    }
    if (filled > headerBytes && filled >= length) return buffer.subarray(0, filled);
    if (length <= buffer.length) continue;
    const larger = new Uint8Array(length);
    larger.set(buffer.subarray(0, filled));
    buffer = larger;
  }
}
