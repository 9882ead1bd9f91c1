import type { Clock } from "../core/clock.ts";
import type { ObjectEvent } from "../core/object_event.ts";
import { fluxEvent } from "./flux_event.ts";

const maxQueued = 4_096;
const maxInFlight = 4;
const timeoutMs = 5_000;
const retryDelaysMs = [1_000, 2_000, 4_000];
/** How long closing waits for events that are still to be delivered. */
const graceMs = 3_000;

/** The way to Flux's notification-controller. */
export interface FluxEvents {
  /** Delivers an event some time; never waits, never throws. What cannot be delivered is dropped. */
  post(event: ObjectEvent): void;
  /** Takes no more, delivers what it can within 3 s, and leaves no connection and no timer behind. */
  close(): Promise<void>;
}

/** Where to and as whom. */
export interface FluxEventsOptions {
  /** `--events-addr` */
  readonly address: string;
  /** Name of the pod or host. */
  readonly reportingInstance: string;
  readonly clock: Clock;
  /** Called once for each event that is lost. */
  readonly onDropped: () => void;
}

/**
 * Opens the way. To be called when the proxy variables are gone from the environment (DESIGN §9): the client would use
 * them, and notification-controller is within the cluster.
 */
export function createFluxEvents(options: FluxEventsOptions): FluxEvents {
  return new EventPoster(options);
}

type Delivery = "done" | "again" | "refused";

class EventPoster implements FluxEvents {
  readonly #options: FluxEventsOptions;
  readonly #client = Deno.createHttpClient({ poolMaxIdlePerHost: 1 });
  readonly #queue: ObjectEvent[] = [];
  /** Ends what a delivery waits for: an answer or the next try. */
  readonly #interrupts = new Set<() => void>();
  #inFlight = 0;
  #closing = false;
  #stopped = false;
  #onIdle: (() => void) | undefined;

  constructor(options: FluxEventsOptions) {
    this.#options = options;
  }

  post(event: ObjectEvent): void {
    if (this.#closing || this.#queue.length >= maxQueued) return this.#options.onDropped();
    this.#queue.push(event);
    this.#pump();
  }

  async close(): Promise<void> {
    if (this.#closing) return;
    this.#closing = true;
    const cancel = this.#options.clock.schedule(() => this.#stop(), graceMs);
    if (this.#inFlight > 0) await new Promise<void>((resolve) => this.#onIdle = resolve);
    cancel();
    this.#client.close();
  }

  #stop(): void {
    this.#stopped = true;
    for (const interrupt of this.#interrupts) interrupt();
  }

  #pump(): void {
    while (this.#inFlight < maxInFlight && this.#queue.length > 0) {
      this.#inFlight++;
      void this.#deliver(this.#queue.shift()!).finally(() => {
        this.#inFlight--;
        this.#pump();
        if (this.#inFlight === 0) this.#onIdle?.();
      });
    }
  }

  async #deliver(event: ObjectEvent): Promise<void> {
    const body = JSON.stringify(fluxEvent(event, this.#options.reportingInstance));
    for (const delayMs of [...retryDelaysMs, undefined]) {
      const delivery = this.#stopped ? "refused" : await this.#send(body);
      if (delivery === "done") return;
      if (delivery === "refused" || this.#stopped || delayMs === undefined) break;
      await this.#wait(delayMs);
    }
    this.#options.onDropped();
  }

  async #send(body: string): Promise<Delivery> {
    const abort = new AbortController();
    const interrupt = () => abort.abort();
    this.#interrupts.add(interrupt);
    const cancel = this.#options.clock.schedule(interrupt, timeoutMs);
    try {
      const response = await fetch(this.#options.address, {
        client: this.#client,
        method: "POST",
        headers: { "content-type": "application/json" },
        body,
        redirect: "manual",
        signal: abort.signal,
      });
      await response.body?.cancel();
      return deliveryOf(response.status);
    } catch {
      return "again"; // refused, reset, timed out or interrupted: no answer came
    } finally {
      cancel();
      this.#interrupts.delete(interrupt);
    }
  }

  #wait(delayMs: number): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const cancel = this.#options.clock.schedule(resolve, delayMs);
    this.#interrupts.add(resolve);
    return promise.finally(() => {
      cancel();
      this.#interrupts.delete(resolve);
    });
  }
}

/** 429 says that the same event came a moment ago (notification-controller's rate limit): it has been delivered. */
function deliveryOf(status: number): Delivery {
  if (status === 429 || (status >= 200 && status < 300)) return "done";
  return status >= 500 || status === 408 ? "again" : "refused";
}
