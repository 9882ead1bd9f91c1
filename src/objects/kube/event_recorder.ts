import { formatTime } from "../../core/format_time.ts";
import type { Clock } from "../../core/clock.ts";
import { controllerName } from "../../core/api_names.ts";
import type { ObjectEvent } from "../../core/object_event.ts";
import { NotFoundError, ObjectsUnavailableError } from "../objects.ts";
import type { ApiClient } from "./api_client.ts";
import { ApiStatusError } from "./api_status_error.ts";
import { coreEvent, eventMessage } from "./core_event.ts";
import { pause } from "../../core/pause.ts";
import { listPath, objectPath } from "./resource.ts";

const events = { apiVersion: "v1", plural: "events" };
const mergePatchType = "application/merge-patch+json";
/** As client-go's correlator: repeats within this time count up the event that is there. */
const repeatMs = 600_000;
const maxRemembered = 1_024;
/** About half a minute with the waits between: an event that late tells nobody anything. */
const maxAttempts = 6;

/** @see EventRecorder */
export interface EventRecorderOptions {
  readonly clock: Clock;
  readonly random: () => number;
  /** `POD_NAME`, or the host's name. */
  readonly instance: string;
  /** @default 1,000, as client-go's broadcaster */
  readonly maxQueued?: number;
  /** Told of each event that is dropped, to count it. */
  readonly onDropped?: (event: ObjectEvent) => void;
}

interface Remembered {
  readonly name: string;
  readonly firstTime: number;
  count: number;
}

const identityOf = (event: ObjectEvent) =>
  JSON.stringify([event.involvedObject.uid, event.type, event.reason, eventMessage(event)]);

/**
 * Writes events as core/v1 Events, one at a time and beside everything else. Repeats of the same event on the same object
 * within ten minutes raise the count of the first one.
 */
export class EventRecorder {
  readonly #client: ApiClient;
  readonly #options: EventRecorderOptions;
  readonly #queue: ObjectEvent[] = [];
  readonly #remembered = new Map<string, Remembered>();
  readonly #closing = new AbortController();
  #writing: Promise<void> | undefined;

  constructor(client: ApiClient, options: EventRecorderOptions) {
    this.#client = client;
    this.#options = options;
  }

  /** Never throws and never waits: beyond the bound of the queue an event is dropped. */
  record(event: ObjectEvent): void {
    const isFull = this.#queue.length >= (this.#options.maxQueued ?? 1_000);
    if (isFull || this.#closing.signal.aborted) return this.#options.onDropped?.(event);
    this.#queue.push(event);
    this.#writing ??= this.#write().finally(() => this.#writing = undefined);
  }

  /** Resolves when all events recorded so far are written or dropped. */
  async written(): Promise<void> {
    await this.#writing;
  }

  /** Drops what is not written yet. */
  async close(): Promise<void> {
    this.#closing.abort();
    await this.#writing;
  }

  async #write(): Promise<void> {
    for (let event = this.#queue.shift(); event; event = this.#queue.shift()) {
      if (!(await this.#writeOne(event))) this.#options.onDropped?.(event);
    }
  }

  /** Whether the API server has it; what it refuses for good is not tried again. */
  async #writeOne(event: ObjectEvent): Promise<boolean> {
    const { clock } = this.#options;
    for (let attempt = 1; attempt <= maxAttempts && !this.#closing.signal.aborted; attempt++) {
      try {
        await this.#send(event);
        return true;
      } catch (error) {
        const waitMs = retryMs(error, attempt);
        if (waitMs === undefined) return false;
        if (attempt < maxAttempts) await pause(waitMs, clock, this.#closing.signal);
      }
    }
    return false;
  }

  async #send(event: ObjectEvent): Promise<void> {
    const identity = identityOf(event);
    const known = this.#remembered.get(identity);
    if (known && event.time - known.firstTime < repeatMs && await this.#countUp(event, known)) {
      return;
    }
    await this.#create(event, identity);
  }

  async #create(event: ObjectEvent, identity: string): Promise<void> {
    const { random, instance } = this.#options;
    const digits = Math.floor(random() * 0x1_0000_0000).toString(16).padStart(8, "0");
    const body = coreEvent(event, { suffix: `${event.time.toString(16)}${digits}`, instance });
    await this.#client.json({
      method: "POST",
      path: listPath(events, body.metadata.namespace),
      query: { fieldManager: controllerName },
      body,
      what: `Cannot create an event on "${body.metadata.namespace}/${event.involvedObject.name}"`,
      signal: this.#closing.signal,
    });
    this.#remember(identity, { name: body.metadata.name, firstTime: event.time, count: 1 });
  }

  /** Whether the first event was still there: the API server forgets them after an hour, people sooner. */
  async #countUp(event: ObjectEvent, known: Remembered): Promise<boolean> {
    const { namespace, name } = event.involvedObject;
    try {
      await this.#client.json({
        method: "PATCH",
        path: objectPath(events, { namespace, name: known.name }),
        query: { fieldManager: controllerName },
        contentType: mergePatchType,
        body: { count: known.count + 1, lastTimestamp: formatTime(event.time) },
        what: `Cannot count an event on "${namespace}/${name}"`,
        signal: this.#closing.signal,
      });
      known.count += 1;
      return true;
    } catch (error) {
      if (error instanceof NotFoundError) return false;
      throw error;
    }
  }

  #remember(identity: string, written: Remembered): void {
    this.#remembered.delete(identity);
    this.#remembered.set(identity, written);
    if (this.#remembered.size <= maxRemembered) return;
    const [oldest] = this.#remembered.keys();
    this.#remembered.delete(oldest!);
  }
}

/** Milliseconds to wait before an event is tried again, or undefined if that is of no use. */
function retryMs(error: unknown, attempt: number): number | undefined {
  if (!(error instanceof ObjectsUnavailableError)) return undefined;
  const isRefused = error instanceof ApiStatusError && error.code < 500 && error.code !== 429;
  return isRefused ? undefined : Math.max(error.retryAfterMs ?? 0, 1_000 * 2 ** (attempt - 1));
}
