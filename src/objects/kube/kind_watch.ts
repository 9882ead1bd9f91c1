import { setImmediate } from "node:timers/promises";
import type { Clock } from "../../core/clock.ts";
import { sourceKey } from "../../core/source_key.ts";
import { ObjectsUnavailableError } from "../objects.ts";
import type { ApiClient, ApiRequest } from "./api_client.ts";
import { decodeStatus } from "./api_error.ts";
import { ApiStatusError } from "./api_status_error.ts";
import { decodeMeta } from "./decode_meta.ts";
import { asRecord, asText } from "./fields.ts";
import type { CacheList, KindCache } from "./kind_cache.ts";
import { pause } from "../../core/pause.ts";
import { readLines } from "./read_lines.ts";
import { listPath, type Resource } from "./resource.ts";
import { SilentWatchError } from "./silent_watch_error.ts";
import { decodeWatchEvent, type WatchEvent } from "./watch_event.ts";
import { type WatchBackoff, watchRetry } from "./watch_retry.ts";
import type { WatchedObject } from "./watched_object.ts";

/** How one kind is listed and watched. */
export interface KindWatchOptions {
  readonly clock: Clock;
  /** From 0 to below 1. */
  readonly random: () => number;
  readonly namespace?: string;
  readonly labelSelector?: string;
  /** Objects in one page of a list. */
  readonly pageSize: number;
  /** The server is asked to end a watch after one to two times this long. */
  readonly watchSeconds: number;
  /** A watch without any sign for this long is taken for dead; bookmarks come about once a minute. */
  readonly silenceMs: number;
  readonly backoff: WatchBackoff;
  /** Told in words about an object or a line that cannot be read, and about each failure. */
  readonly onProblem: (message: string) => void;
}

/** Of a list, between two turns of the event loop: a whole page would block it for up to 100 ms. */
const itemsPerTurn = 50;
/** A watch that lived this long has worked. */
const workedMs = 5_000;
/** As often a list starts anew because its pages expired, before it is asked for in one piece. */
const maxPagedLists = 3;

/** Keeps the cache of one kind as the API server has it, through every failure of that server. */
export class KindWatch<T extends WatchedObject> {
  readonly #client: ApiClient;
  readonly #resource: Resource<T>;
  readonly #cache: KindCache<T>;
  readonly #options: KindWatchOptions;
  /** Whether the last watch told anything or lived for a while, whatever ended it. A list alone proves nothing. */
  #hasWorked = false;

  constructor(
    parts: { client: ApiClient; resource: Resource<T>; cache: KindCache<T> },
    options: KindWatchOptions,
  ) {
    this.#client = parts.client;
    this.#resource = parts.resource;
    this.#cache = parts.cache;
    this.#options = options;
  }

  /** Resolves when `signal` has aborted and nothing is left of the watch; never rejects. */
  async run(signal: AbortSignal): Promise<void> {
    let failures = 0;
    while (!signal.aborted) {
      this.#hasWorked = false;
      const from = this.#cache.position;
      const error = await this.#once(signal);
      if (signal.aborted) return;
      // So answers a server that is back; that it was away must not put off the list that mends it.
      const isOutdated = from !== undefined && error instanceof ApiStatusError &&
        error.code === 410;
      failures = this.#hasWorked || isOutdated ? 0 : failures;
      if (error === undefined && this.#hasWorked) continue;
      failures += 1;
      await pause(this.#handle(error, failures), this.#options.clock, signal);
    }
  }

  async #once(signal: AbortSignal): Promise<unknown> {
    try {
      if (this.#cache.position === undefined) await this.#list(signal);
      await this.#watch(signal);
      return undefined;
    } catch (error) {
      return error;
    }
  }

  /** Tells what to wait. */
  #handle(error: unknown, failures: number): number {
    const { random, backoff, onProblem } = this.#options;
    const wasInstalled = this.#cache.state !== "not-installed";
    const retry = watchRetry({ error, failures, random: random() }, backoff);
    if (retry.relist) this.#cache.losePosition();
    if (retry.notInstalled) this.#cache.setNotInstalled();
    else if (error !== undefined) onProblem(error instanceof Error ? error.message : `${error}`);
    if (retry.notInstalled && wasInstalled) {
      const { plural, kind } = this.#resource;
      onProblem(`Cannot list "${plural}": the kind ${kind} is not installed; waiting for its CRD`);
    }
    return retry.delayMs;
  }

  #request(query: Readonly<Record<string, string>>, signal: AbortSignal): ApiRequest {
    const { namespace, labelSelector } = this.#options;
    return {
      method: "GET",
      path: listPath(this.#resource, namespace),
      query: { ...query, ...(labelSelector === undefined ? {} : { labelSelector }) },
      what: `Cannot ${query.watch ? "watch" : "list"} "${this.#resource.plural}"`,
      signal,
    };
  }

  async #list(signal: AbortSignal): Promise<void> {
    for (let attempt = 1;; attempt++) {
      const isPaged = attempt <= maxPagedLists;
      if (await this.#listOnce(isPaged, signal)) return;
    }
  }

  /** Whether the list came to its end; if not, a page of it had expired. */
  async #listOnce(isPaged: boolean, signal: AbortSignal): Promise<boolean> {
    const list = this.#cache.beginList();
    let next = "";
    do {
      const query = {
        ...(isPaged ? { limit: `${this.#options.pageSize}` } : {}),
        ...(next === "" ? {} : { continue: next }),
      };
      const page = await this.#page(query, signal);
      if (page === undefined) return false;
      const metadata = asRecord(page.metadata) ?? {};
      const listed = asText(metadata.resourceVersion) ?? "";
      if (!Array.isArray(page.items) || listed === "") {
        throw new ObjectsUnavailableError(
          `Cannot list "${this.#resource.plural}": the answer is not a list`,
        );
      }
      for (const [index, item] of page.items.entries()) {
        this.#addListed(list, item, listed);
        if (index % itemsPerTurn === itemsPerTurn - 1) await setImmediate();
      }
      next = asText(metadata.continue) ?? "";
      if (next === "") list.end(listed);
    } while (next !== "");
    return true;
  }

  async #page(query: Readonly<Record<string, string>>, signal: AbortSignal) {
    try {
      return asRecord(await this.#client.json(this.#request(query, signal))) ?? {};
    } catch (error) {
      const isExpired = error instanceof ApiStatusError && error.code === 410;
      if (isExpired && query.continue !== undefined) return undefined;
      throw error;
    }
  }

  #addListed(list: CacheList<T>, item: unknown, listed: string): void {
    const object = this.#decode(item);
    if (object) return list.add(object, listed);
    const { namespace, name } = this.#nameOf(item);
    if (namespace && name) list.keep(sourceKey({ namespace, name }));
  }

  async #watch(signal: AbortSignal): Promise<void> {
    const { clock, watchSeconds, random, silenceMs } = this.#options;
    const query = {
      watch: "1",
      allowWatchBookmarks: "true",
      resourceVersion: this.#cache.position!,
      timeoutSeconds: `${Math.ceil(watchSeconds * (1 + random()))}`,
    };
    const request = this.#request(query, signal);
    const stream = await this.#client.stream(request, silenceMs);
    const startedAt = clock.now();
    let lines = 0;
    try {
      for await (const line of readLines(stream.pieces)) {
        lines += 1;
        this.#apply(line);
        this.#hasWorked = true;
      }
    } catch (error) {
      if (signal.aborted || error instanceof ApiStatusError) throw error;
      const message = `${request.what}: ${stream.isSilent ? "no sign of life" : "it broke off"}`;
      if (stream.isSilent && lines === 0) throw new SilentWatchError(message);
      throw new ObjectsUnavailableError(message, { cause: error });
    } finally {
      this.#hasWorked ||= clock.now() - startedAt >= workedMs;
      stream.release();
    }
  }

  #apply(line: string): void {
    const event = this.#parse(line);
    if (!event) return;
    const { type, object } = event;
    if (type === "ERROR") throw this.#errorEvent(object);
    if (type === "BOOKMARK") return this.#applyBookmark(object);
    if (type === "DELETED") return this.#applyDeletion(object);
    const decoded = this.#decode(object);
    if (decoded) this.#cache.putWatched(decoded);
  }

  #applyBookmark(object: unknown): void {
    const resourceVersion = asText(asRecord(asRecord(object)?.metadata)?.resourceVersion);
    if (resourceVersion) this.#cache.advance(resourceVersion);
  }

  #applyDeletion(object: unknown): void {
    try {
      this.#cache.removeWatched(decodeMeta(asRecord(object)?.metadata));
    } catch (error) {
      this.#reportObject(object, error);
    }
  }

  #errorEvent(object: unknown): Error {
    const status = decodeStatus(object, 500) ?? { code: 500 };
    const seconds = asRecord(asRecord(object)?.details)?.retryAfterSeconds;
    return new ApiStatusError(
      `Cannot watch "${this.#resource.plural}": status ${status.code}, ${status.message ?? ""}`,
      typeof seconds === "number" ? { ...status, retryAfterMs: seconds * 1_000 } : status,
    );
  }

  #parse(line: string): WatchEvent | undefined {
    try {
      return decodeWatchEvent(line);
    } catch {
      this.#options.onProblem(
        `Cannot read a line of the watch of "${this.#resource.plural}": not an event`,
      );
      return undefined;
    }
  }

  #decode(value: unknown): T | undefined {
    try {
      return this.#resource.decode(value);
    } catch (error) {
      this.#reportObject(value, error);
      return undefined;
    }
  }

  #reportObject(value: unknown, error: unknown): void {
    const { namespace, name } = this.#nameOf(value);
    const state = error instanceof Error ? error.message : "malformed";
    this.#options.onProblem(
      `Cannot read ${this.#resource.kind} "${namespace ?? "?"}/${name ?? "?"}": ${state}`,
    );
  }

  #nameOf(value: unknown): { namespace: string | undefined; name: string | undefined } {
    const metadata = asRecord(asRecord(value)?.metadata) ?? {};
    return { namespace: asText(metadata.namespace), name: asText(metadata.name) };
  }
}
