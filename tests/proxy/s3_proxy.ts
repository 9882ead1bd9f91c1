/** What befalls a connection to the service. */
export type S3Fault =
  /** It is closed as soon as it is made. */
  | { readonly kind: "refuse" }
  /** It is cut after so many bytes of answers. */
  | { readonly kind: "reset"; readonly after: number }
  /** After so many bytes of answers no more comes, and it stays open. */
  | { readonly kind: "stall"; readonly after: number }
  /** Every piece of an answer is late. */
  | { readonly kind: "delay"; readonly ms: number }
  /** A bit of this byte of what follows the first head is turned over. */
  | { readonly kind: "flip-answer" | "flip-request"; readonly at: number }
  /** The service does not see the request; this is the answer. */
  | Answer
  /** The same for the first request that writes; the connection ends with it. */
  | (Omit<Answer, "kind"> & { readonly kind: "answer-writes" });

interface Answer {
  readonly kind: "answer";
  readonly status: number;
  readonly code: string;
}

interface Pair {
  readonly client: Deno.TcpConn;
  readonly server: Deno.TcpConn;
}

interface Hold {
  readonly beginning: string;
  readonly held: () => void;
  readonly released: Promise<void>;
}

const endOfHead = "\r\n\r\n";
const writing = /^(PUT|POST|DELETE) /;
const latin1 = new TextDecoder("latin1");

/** Stands between a client and an S3 service over plain HTTP, and fails as networks and services do. */
export class S3Proxy implements AsyncDisposable {
  readonly #listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  readonly #target: { hostname: string; port: number };
  readonly #open = new Set<Deno.TcpConn>();
  readonly #running = new Set<Promise<void>>();
  #nextFault: () => S3Fault | undefined = () => undefined;
  readonly #accepting: Promise<void>;
  readonly #closed = new AbortController();
  #hold: Hold | undefined;

  constructor(target: string) {
    const { hostname, port } = new URL(target);
    this.#target = { hostname, port: Number(port) };
    this.#accepting = this.#accept();
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#listener.addr as Deno.NetAddr).port}`;
  }

  /** From now on holds back the first request whose head begins so, until `release()`. */
  hold(beginning: string): { readonly held: Promise<void>; readonly release: () => void } {
    const held = Promise.withResolvers<void>();
    const released = Promise.withResolvers<void>();
    this.#hold = { beginning, held: held.resolve, released: released.promise };
    return { held: held.promise, release: released.resolve };
  }

  /** Cuts every connection; the next ones suffer these faults, one each, and those after them none. */
  fail(...faults: readonly S3Fault[]): void {
    const left = [...faults];
    this.failEach(() => left.shift());
  }

  /** Cuts every connection; each one after that suffers what `next` gives for it. */
  failEach(next: () => S3Fault | undefined): void {
    this.#nextFault = next;
    for (const connection of this.#open) closeQuietly(connection);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closed.abort();
    this.#listener.close();
    this.fail();
    await this.#accepting;
    await Promise.all(this.#running);
  }

  async #accept(): Promise<void> {
    for await (const client of this.#listener) {
      this.#open.add(client);
      const running = this.#serve(client, this.#nextFault()).catch(() => {}).finally(() => {
        closeQuietly(client);
        this.#open.delete(client);
        this.#running.delete(running);
      });
      this.#running.add(running);
    }
  }

  async #serve(client: Deno.TcpConn, fault: S3Fault | undefined): Promise<void> {
    if (fault?.kind === "refuse") return;
    if (fault?.kind === "answer") return await answer(client, fault);
    const server = await Deno.connect(this.#target);
    this.#open.add(server);
    const pair = { client, server };
    await Promise.all([this.#copyRequests(pair, fault), this.#copyAnswers(pair, fault)])
      .catch(() => {});
    closeQuietly(server);
    this.#open.delete(server);
  }

  async #copyRequests({ client, server }: Pair, fault: S3Fault | undefined): Promise<void> {
    const flip = fault?.kind === "flip-request" ? flipper(fault.at) : (piece: Uint8Array) => piece;
    for await (const piece of pieces(client)) {
      if (fault?.kind === "answer-writes" && writing.test(latin1.decode(piece.subarray(0, 8)))) {
        await answer(client, { ...fault, first: piece });
        break;
      }
      await this.#holdBack(piece);
      await writeAll(server, flip(piece));
    }
    closeQuietly(server);
  }

  async #copyAnswers({ client, server }: Pair, fault: S3Fault | undefined): Promise<void> {
    const flip = fault?.kind === "flip-answer" ? flipper(fault.at) : (piece: Uint8Array) => piece;
    let left = fault?.kind === "reset" || fault?.kind === "stall" ? fault.after : Infinity;
    for await (const piece of pieces(server)) {
      if (fault?.kind === "delay") await this.#sleep(fault.ms);
      await writeAll(client, flip(piece).subarray(0, left));
      left -= piece.length;
      if (left > 0) continue;
      if (fault?.kind === "stall") await this.#sleep(3_600_000);
      break;
    }
    closeQuietly(client);
  }

  async #holdBack(piece: Uint8Array): Promise<void> {
    const hold = this.#hold;
    if (!hold || !latin1.decode(piece).startsWith(hold.beginning)) return;
    this.#hold = undefined;
    hold.held();
    await hold.released;
  }

  #sleep(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, ms);
      this.#closed.signal.addEventListener("abort", () => {
        clearTimeout(timer);
        resolve();
      }, { once: true });
    });
  }
}

async function* pieces(connection: Deno.TcpConn): AsyncGenerator<Uint8Array> {
  const buffer = new Uint8Array(16_384);
  for (
    let size = await connection.read(buffer);
    size !== null;
    size = await connection.read(buffer)
  ) {
    yield buffer.slice(0, size);
  }
}

async function* following(
  first: Uint8Array | undefined,
  rest: AsyncIterable<Uint8Array>,
): AsyncGenerator<Uint8Array> {
  if (first) yield first;
  yield* rest;
}

async function writeAll(connection: Deno.TcpConn, bytes: Uint8Array): Promise<void> {
  for (let at = 0; at < bytes.length;) at += await connection.write(bytes.subarray(at));
}

/** Turns over a bit of the byte at this place behind the first head. */
function flipper(at: number): (piece: Uint8Array) => Uint8Array {
  let head = "";
  let seen = 0;
  let isBody = false;
  return (piece) => {
    let start = 0;
    if (!isBody) {
      const before = head.length;
      head += latin1.decode(piece);
      const end = head.indexOf(endOfHead);
      if (end < 0) return piece;
      isBody = true;
      start = end + endOfHead.length - before;
    }
    const place = start + at - seen;
    seen += piece.length - start;
    if (place >= start && place < piece.length) piece[place]! ^= 1;
    return piece;
  };
}

/** @param given.first what was read of the request already */
async function answer(
  client: Deno.TcpConn,
  { status, code, first }: Omit<Answer, "kind"> & { readonly first?: Uint8Array },
): Promise<void> {
  let head = "";
  for await (const piece of following(first, pieces(client))) {
    const isFirst = !head.includes(endOfHead);
    head += latin1.decode(piece);
    if (!isFirst || !head.includes(endOfHead)) continue;
    const body = `<Error><Code>${code}</Code><Message>as the proxy was told</Message></Error>`;
    const text = `HTTP/1.1 ${status} Fault\r\nContent-Type: application/xml\r\n` +
      `Content-Length: ${body.length}\r\nConnection: close\r\n\r\n` +
      (head.startsWith("HEAD ") ? "" : body);
    await writeAll(client, new TextEncoder().encode(text));
    // What is still sent is read, or closing would take the answer back.
    await client.closeWrite();
  }
}

function closeQuietly(connection: Deno.TcpConn): void {
  try {
    connection.close();
  } catch {
    // Closed already.
  }
}
