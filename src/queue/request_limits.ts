import type { Clock } from "../core/clock.ts";
import { type Room, type Waiter, WaitersByHost } from "./waiters_by_host.ts";

/** For whom and where a request is to be sent. */
export interface RequestTarget {
  readonly namespace: string;
  /** Host and port of the upstream. */
  readonly host: string;
  /** Goes before every waiter that is not urgent. */
  readonly urgent: boolean;
}

/**
 * How a request ended: `success` lets the host have more at once, `timeout` one at a time, `failure` (any other end, also
 * a slot that was not used) changes nothing.
 */
export type RequestOutcome = "success" | "timeout" | "failure";

/** Gives a request slot back; to be called once, further calls do nothing. */
export type ReleaseRequest = (outcome: RequestOutcome) => void;

interface HostState {
  inFlight: number;
  /** How many requests the host may have in flight. */
  window: number;
}

const largestWindow = 8;
/** A host unheard of for so long is forgotten, and begins at 1 again. */
const forgetHostAfterMs = 10 * 60_000;

/**
 * Bounds the requests in flight: in total, per namespace (a quarter of the total) and per host (one at first, twice as
 * many after each success up to 8, one after a time-out). Each host and namespace waits for itself only, so one that is
 * slow or hostile delays no other. The urgent go first, namespaces and hosts take turns, one by one in the order of coming.
 *
 * Hold one slot only at a time: to change the host (a pre-request hook may), release first. Whoever holds a slot may wait
 * for a `WorkerSlots` slot, never the other way round.
 */
export class RequestLimits {
  readonly #clock: Clock;
  readonly #total: number;
  readonly #perNamespace: number;
  readonly #hosts = new Map<string, HostState>();
  /** Hosts without a request in flight, and since when; the longest idle first. */
  readonly #idle = new Map<string, number>();
  readonly #namespaces = new Map<string, number>();
  readonly #waiters = { urgent: new WaitersByHost(), normal: new WaitersByHost() };
  readonly #room: Room = {
    namespace: (name) => (this.#namespaces.get(name) ?? 0) < this.#perNamespace,
    host: (name) => hasRoom(this.#hosts.get(name)),
  };
  #inFlight = 0;

  /** @param options.total `--max-requests`, at least 1 */
  constructor({ total, clock }: { total: number; clock: Clock }) {
    this.#clock = clock;
    this.#total = total;
    this.#perNamespace = Math.max(1, Math.floor(total / 4));
  }

  get inFlight(): number {
    return this.#inFlight;
  }

  get waiting(): number {
    return this.#waiters.urgent.size + this.#waiters.normal.size;
  }

  /** Hosts that something is remembered of. */
  get knownHosts(): number {
    return this.#hosts.size;
  }

  /**
   * Waits until the request may be sent.
   *
   * @throws the reason of `signal` if that aborts before; nothing is left behind then
   */
  async acquire(target: RequestTarget, signal: AbortSignal): Promise<ReleaseRequest> {
    signal.throwIfAborted();
    this.#forgetIdleHosts();
    const { namespace, host } = target;
    // Whoever could go has gone: nobody who waits is overtaken by this.
    const isFree = this.#inFlight < this.#total && this.#room.namespace(namespace) &&
      this.#room.host(host);
    if (isFree) this.#occupy(target);
    else await this.#turn(target, signal);
    let isHeld = true;
    return (outcome) => {
      if (isHeld) this.#release(target, outcome);
      isHeld = false;
    };
  }

  #turn({ namespace, host, urgent }: RequestTarget, signal: AbortSignal): Promise<void> {
    const waiters = urgent ? this.#waiters.urgent : this.#waiters.normal;
    return new Promise((resolve, reject) => {
      const abort = () => {
        waiters.remove(waiter);
        reject(signal.reason);
      };
      const grant = () => {
        signal.removeEventListener("abort", abort);
        resolve();
      };
      const waiter: Waiter = { namespace, host, grant };
      waiters.add(waiter);
      signal.addEventListener("abort", abort, { once: true });
    });
  }

  #occupy({ namespace, host }: { namespace: string; host: string }): void {
    const state = this.#hosts.get(host) ?? { inFlight: 0, window: 1 };
    state.inFlight++;
    this.#hosts.set(host, state);
    this.#idle.delete(host);
    this.#namespaces.set(namespace, (this.#namespaces.get(namespace) ?? 0) + 1);
    this.#inFlight++;
  }

  #release({ namespace, host }: RequestTarget, outcome: RequestOutcome): void {
    const wasFull = this.#inFlight === this.#total;
    const state = this.#hosts.get(host)!;
    state.inFlight--;
    if (outcome === "success") state.window = Math.min(largestWindow, state.window * 2);
    if (outcome === "timeout") state.window = 1;
    if (state.inFlight === 0) this.#idle.set(host, this.#clock.now());
    const inNamespace = this.#namespaces.get(namespace)! - 1;
    if (inNamespace > 0) this.#namespaces.set(namespace, inNamespace);
    else this.#namespaces.delete(namespace);
    this.#inFlight--;
    this.#admit((waiters) => {
      // While the total was not used up, only this host or this namespace kept anybody waiting who may go now.
      if (wasFull) return waiters.take(this.#room);
      return waiters.takeOfHost(host, this.#room) ??
        waiters.takeOfNamespace(namespace, this.#room);
    });
  }

  #admit(take: (waiters: WaitersByHost) => Waiter | undefined): void {
    while (this.#inFlight < this.#total) {
      const next = take(this.#waiters.urgent) ?? take(this.#waiters.normal);
      if (!next) return;
      this.#occupy(next);
      next.grant();
    }
  }

  #forgetIdleHosts(): void {
    const oldest = this.#clock.now() - forgetHostAfterMs;
    for (const [host, since] of this.#idle) {
      if (since > oldest) return;
      this.#idle.delete(host);
      this.#hosts.delete(host);
    }
  }
}

function hasRoom(state: HostState | undefined): boolean {
  return !state || state.inFlight < state.window;
}
