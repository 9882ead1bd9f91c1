import type { Clock } from "../../core/clock.ts";
import { ObjectsUnavailableError } from "../objects.ts";
import { connectionState } from "./connection_state.ts";
import type { Credentials, CredentialSource } from "./credentials.ts";

/** The connections to the API server, all of which a silent peer takes down at once. */
export class ApiPool {
  readonly client: Deno.HttpClient;
  readonly #lost = new AbortController();
  /** When anything last came through it; milliseconds since the epoch. */
  heardAt: number;

  constructor(client: Deno.HttpClient, now: number) {
    this.client = client;
    this.heardAt = now;
  }

  /** Aborts when nothing comes through the pool any more, so that what still waits for it starts anew elsewhere. */
  get lost(): AbortSignal {
    return this.#lost.signal;
  }

  abandon(): void {
    this.#lost.abort(new DOMException("The API server went silent", "TimeoutError"));
    this.client.close();
  }
}

/** How to reach the API server right now. */
export interface ApiAccess {
  readonly pool: ApiPool;
  readonly headers: Readonly<Record<string, string>>;
}

/** @see ApiConnection */
export interface ApiConnectionOptions {
  readonly clock: Clock;
  /** How long credentials are used before they are read again. @default 60 s, as client-go rereads token files */
  readonly refreshMs?: number;
  /** Told in words about credentials that could not be used while older ones still are. */
  readonly onProblem?: (message: string) => void;
}

/** The part of the credentials that a pool is made of. */
const poolKey = ({ ca, cert, key, proxy }: Credentials) => JSON.stringify([ca, cert, key, proxy]);

function createClient({ ca, cert, key, proxy }: Credentials): Deno.HttpClient {
  try {
    return Deno.createHttpClient({
      ...(ca === undefined ? {} : { caCerts: [ca] }),
      ...(cert === undefined || key === undefined ? {} : { cert, key }),
      ...(proxy === undefined ? {} : { proxy: { url: proxy } }),
    });
  } catch (cause) {
    const state = connectionState(cause);
    throw state === undefined ? cause : new Error(state, { cause });
  }
}

/**
 * One API server, the current credentials for it and one pool of HTTP/2 connections, replaced when the certificates
 * change or the peer goes silent: a pool would go on using a dead connection for as long as it does not know.
 */
export class ApiConnection {
  readonly server: string;
  readonly #source: CredentialSource;
  readonly #options: ApiConnectionOptions;
  #credentials: Credentials | undefined;
  #readAt = 0;
  #reading: Promise<void> | undefined;
  #pool: ApiPool | undefined;
  #isClosed = false;

  constructor(source: CredentialSource, options: ApiConnectionOptions) {
    this.server = source.server;
    this.#source = source;
    this.#options = options;
  }

  /** @throws {ObjectsUnavailableError} if there are no credentials */
  async access(): Promise<ApiAccess> {
    const refreshMs = this.#options.refreshMs ?? 60_000;
    const isOld = this.#options.clock.now() - this.#readAt >= refreshMs;
    if (this.#isClosed) throw new ObjectsUnavailableError(`Cannot reach "${this.server}": closed`);
    if (!this.#credentials || isOld) await this.refresh();
    if (!this.#credentials || !this.#pool) {
      throw new ObjectsUnavailableError(`Cannot reach "${this.server}": no credentials`);
    }
    return { pool: this.#pool, headers: this.#credentials.headers };
  }

  /** Reads the credentials now, because the certificates may have been rotated when a connection was refused. */
  refresh(): Promise<void> {
    return this.#refresh(false);
  }

  /** Reads the credentials anew after a 401. Whether they are others than the refused ones. */
  async renew(refused: ApiAccess): Promise<boolean> {
    if (this.#isStill(refused)) await this.#refresh(true);
    return !this.#isStill(refused);
  }

  /** Replaces a pool through which nothing has come since `sinceMs`, and ends all that waits for it. */
  suspect(pool: ApiPool, sinceMs: number): void {
    if (pool !== this.#pool || pool.heardAt > sinceMs || !this.#credentials) return;
    this.#pool = new ApiPool(createClient(this.#credentials), this.#options.clock.now());
    pool.abandon();
  }

  close(): void {
    this.#isClosed = true;
    this.#pool?.abandon();
    this.#pool = undefined;
    this.#credentials = undefined;
  }

  #isStill({ pool, headers }: ApiAccess): boolean {
    return pool === this.#pool &&
      JSON.stringify(headers) === JSON.stringify(this.#credentials?.headers);
  }

  #refresh(renew: boolean): Promise<void> {
    this.#reading ??= this.#read(renew).finally(() => this.#reading = undefined);
    return this.#reading;
  }

  async #read(renew: boolean): Promise<void> {
    try {
      const next = await this.#source.read(renew);
      if (!this.#isClosed) this.#adopt(next);
    } catch (cause) {
      const message = `Cannot read the credentials for "${this.server}": ${
        cause instanceof Error ? cause.message : "unknown"
      }`;
      if (!this.#credentials) throw new ObjectsUnavailableError(message, { cause });
      this.#options.onProblem?.(message);
    } finally {
      this.#readAt = this.#options.clock.now();
    }
  }

  #adopt(next: Credentials): void {
    const isSame = this.#credentials && poolKey(this.#credentials) === poolKey(next);
    if (!isSame || !this.#pool) {
      const client = createClient(next);
      // Calls in flight over the old connections end by themselves: they were trusted when they were made.
      this.#pool?.client.close();
      this.#pool = new ApiPool(client, this.#options.clock.now());
    }
    this.#credentials = next;
  }
}
