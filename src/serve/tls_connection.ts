import { Buffer } from "node:buffer";
import { Duplex } from "node:stream";
import { type SecureContext, TLSSocket } from "node:tls";
import type { ClientConnection } from "./client_connection.ts";

/** TLS records of a client are requests, and short. */
const readBytes = 2 * 1024;

/**
 * The server's side of TLS over a connection that was accepted.
 *
 * Not `Deno.listenTls`: closing one of its connections before the handshake has ended leaves the socket open until the
 * client goes, so that clients which never finish a handshake could not be bounded; and it has one certificate for as
 * long as it listens. Both seen with Deno 2.9.6.
 */
export class TlsConnection implements ClientConnection {
  readonly remoteAddr: Deno.NetAddr;
  readonly #raw: Deno.TcpConn;
  readonly #tls: TLSSocket;
  #left: Uint8Array = new Uint8Array(0);
  #isEnded = false;
  #error: Error | undefined;
  #wake = () => {};

  constructor(raw: Deno.TcpConn, secureContext: SecureContext) {
    this.remoteAddr = raw.remoteAddr;
    this.#raw = raw;
    const transport = duplexOf(raw);
    transport.on("error", (error) => this.#fail(error));
    this.#tls = new TLSSocket(transport, { isServer: true, secureContext });
    this.#tls.on("error", (error: Error) => this.#fail(error));
    this.#tls.on("readable", () => this.#wake());
    for (const event of ["end", "close"]) {
      this.#tls.on(event, () => {
        this.#isEnded = true;
        this.#wake();
      });
    }
  }

  async read(into: Uint8Array): Promise<number | null> {
    while (this.#left.length === 0) {
      const next = this.#tls.read() as Uint8Array | null;
      if (next) this.#left = next;
      else if (this.#error) throw this.#error;
      else if (this.#isEnded) return null;
      else {
        await new Promise<void>((resolve) => {
          this.#wake = resolve;
        });
      }
    }
    const part = this.#left.subarray(0, into.length);
    into.set(part);
    this.#left = this.#left.subarray(part.length);
    return part.length;
  }

  /** Takes all bytes, and resolves when the kernel has them. */
  write(bytes: Uint8Array): Promise<number> {
    return new Promise((resolve, reject) => {
      if (this.#error) return reject(this.#error);
      const gone = () => reject(new Deno.errors.BrokenPipe("the client is gone"));
      this.#tls.once("close", gone);
      this.#tls.write(bytes, (error) => {
        this.#tls.off("close", gone);
        if (error) reject(error);
        else resolve(bytes.length);
      });
    });
  }

  closeWrite(): Promise<void> {
    return new Promise((resolve) => {
      this.#tls.once("close", resolve);
      this.#tls.end(() => resolve());
    });
  }

  close(): void {
    this.#raw.close();
    this.#tls.destroy();
    this.#fail(new Deno.errors.Interrupted("the connection is closed"));
  }

  #fail(error: Error): void {
    this.#error ??= error;
    this.#tls?.destroy();
    this.#wake();
  }
}

function duplexOf(raw: Deno.TcpConn): Duplex {
  const buffer = new Uint8Array(readBytes);
  return new Duplex({
    read() {
      raw.read(buffer).then(
        (count) => this.push(count === null ? null : Buffer.from(buffer.slice(0, count))),
        (error: Error) => this.destroy(error),
      );
    },
    write(bytes: Uint8Array, _encoding, done) {
      writeAll(raw, bytes).then(() => done(), done);
    },
    final(done) {
      raw.closeWrite().then(() => done(), done);
    },
  });
}

async function writeAll(raw: Deno.TcpConn, bytes: Uint8Array): Promise<void> {
  for (let sent = 0; sent < bytes.length;) sent += await raw.write(bytes.subarray(sent));
}
