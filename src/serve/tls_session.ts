import { Buffer } from "node:buffer";
import { Duplex } from "node:stream";
import { type SecureContext, TLSSocket } from "node:tls";

/** TLS records of a client are requests, and short. */
const readBytes = 2 * 1024;
/** One record (RFC 8446 §5.1): larger writes are faster, and cost ten large downloads 70 MiB more. */
const writeBytes = 16 * 1024;

/** What a session begins with. */
export interface TlsSessionOptions {
  readonly secureContext: SecureContext;
  /** Bytes that the client has sent already. */
  readonly received: Uint8Array;
}

/** The server's side of TLS over a connection. */
export class TlsSession {
  readonly #tls: TLSSocket;
  #left: Uint8Array = new Uint8Array(0);
  #isEnded = false;
  #error: Error | undefined;
  #wake = () => {};

  constructor(raw: Deno.TcpConn, { secureContext, received }: TlsSessionOptions) {
    const transport = duplexOf(raw, received);
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

  /** Takes some bytes, few enough that their encrypted copies do not add up, and resolves when the kernel has them. */
  write(all: Uint8Array): Promise<number> {
    const bytes = all.subarray(0, writeBytes);
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

  /** Fails what is under way; the connection is closed by whoever has it. */
  destroy(): void {
    this.#fail(new Deno.errors.Interrupted("the connection is closed"));
  }

  #fail(error: Error): void {
    this.#error ??= error;
    this.#tls?.destroy();
    this.#wake();
  }
}

function duplexOf(raw: Deno.TcpConn, received: Uint8Array): Duplex {
  const buffer = new Uint8Array(readBytes);
  let first: Uint8Array | undefined = received;
  return new Duplex({
    read() {
      if (first) {
        const bytes = Buffer.from(first);
        first = undefined;
        return void this.push(bytes);
      }
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
