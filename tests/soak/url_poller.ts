import { createHash } from "node:crypto";
import { gunzipSync } from "node:zlib";
import type { Attempt, Poll } from "./history.ts";

/** A URL and what was published with it. */
export interface PublishedUrl {
  readonly name: string;
  readonly url: string;
  readonly digest: string;
}

/** What a poller is given. */
export interface UrlPollerOptions {
  readonly now: () => number;
  /** Polls a second, spread over all that is published; what is published newly is polled at once beside that. */
  readonly perSecond: number;
  /** A poll has ended. */
  readonly onPoll: (poll: Poll) => void;
  /** The document in an archive that was not seen before. */
  readonly onDocument: (digest: string, line: string) => void;
}

/** How long each try may take, in milliseconds; a client of Flux has more patience. */
const patience = [3_000, 10_000, 20_000, 60_000] as const;
const betweenTriesMs = 250;
const atOnce = 96;

/** Downloads over and over what every source publishes, as a consumer does, each time over a new connection. */
export class UrlPoller implements AsyncDisposable {
  readonly #options: UrlPollerOptions;
  readonly #published = new Map<string, PublishedUrl>();
  readonly #known = new Set<string>();
  readonly #running = new Set<Promise<void>>();
  readonly #client = Deno.createHttpClient({ poolMaxIdlePerHost: 0 });
  readonly #timer: ReturnType<typeof setInterval>;
  #round: Iterator<PublishedUrl> = [][Symbol.iterator]();
  #owed = 0;

  constructor(options: UrlPollerOptions) {
    this.#options = options;
    this.#timer = setInterval(() => this.#tick(), 50);
  }

  /** A source publishes this from now on. */
  publish(published: PublishedUrl): void {
    const { name, digest, url } = published;
    const before = this.#published.get(name);
    if (before?.digest === digest && before.url === url) return;
    this.#published.set(name, published);
    this.#start(published);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    clearInterval(this.#timer);
    while (this.#running.size > 0) await Promise.all(this.#running);
    this.#client.close();
  }

  #tick(): void {
    this.#owed = Math.min(this.#owed + this.#options.perSecond / 20, this.#published.size);
    while (this.#owed >= 1 && this.#running.size < atOnce) {
      this.#owed -= 1;
      let next = this.#round.next();
      if (next.done) next = (this.#round = this.#published.values()).next();
      if (!next.done) this.#start(next.value);
    }
  }

  #start(published: PublishedUrl): void {
    const poll = this.#poll(published).finally(() => this.#running.delete(poll));
    this.#running.add(poll);
  }

  async #poll(published: PublishedUrl): Promise<void> {
    const from = this.#options.now();
    const attempts: Attempt[] = [];
    for (const withinMs of patience) {
      attempts.push(await this.#attempt(published.url, withinMs));
      if (attempts.at(-1)!.kind === "whole") break;
      await new Promise((resolve) => setTimeout(resolve, betweenTriesMs));
    }
    this.#options.onPoll({ ...published, from, until: this.#options.now(), attempts });
  }

  async #attempt(url: string, withinMs: number): Promise<Attempt> {
    const signal = AbortSignal.timeout(withinMs);
    // Beside the signal, which Deno (2.9.6) forgets of a fetch after a garbage collection.
    const silence = Promise.withResolvers<never>();
    signal.addEventListener("abort", () => silence.reject(signal.reason), { once: true });
    try {
      const response = await Promise.race([
        fetch(url, { client: this.#client, signal }),
        silence.promise,
      ]);
      const bytes = new Uint8Array(await Promise.race([response.arrayBuffer(), silence.promise]));
      if (response.status !== 200) {
        const hasRetryAfter = response.headers.has("retry-after");
        return { kind: "status", status: response.status, hasRetryAfter };
      }
      const digest = `sha256:${createHash("sha256").update(bytes).digest("hex")}`;
      this.#read(digest, bytes);
      return { kind: "whole", digest };
    } catch (error) {
      if (signal.aborted) return { kind: "silent", afterMs: withinMs };
      return { kind: "broken", why: `${error}: ${(error as Error).cause ?? "no cause"}` };
    }
  }

  #read(digest: string, bytes: Uint8Array): void {
    if (this.#known.has(digest)) return;
    this.#known.add(digest);
    // The file begins after the one header of 512 bytes.
    const text = new TextDecoder().decode(gunzipSync(bytes).subarray(512));
    this.#options.onDocument(digest, text.split("\n", 1)[0]!);
  }
}
