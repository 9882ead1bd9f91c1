import type { Clock } from "../core/clock.ts";
import { HostHeldError } from "../core/host_held_error.ts";
import type { HostLimits } from "../core/host_limits.ts";
import { priorities, type Priority } from "../core/priority.ts";
import type { HostSample } from "../core/host_sample.ts";
import type { LimitsObserver } from "./limits_observer.ts";
import { type LaneName, PacedLanes } from "./paced_lanes.ts";
import { PriorityTurns } from "./priority_turns.ts";
import type { RequestTarget } from "./request_target.ts";
import { type Lane, type Room, type Waiter, WaitersByHost } from "./waiters_by_host.ts";

/**
 * How a request ended: `success` lets the host have more at once, `timeout` one at a time, `failure` (any other end, also
 * a slot that was not used) changes nothing.
 */
export type RequestOutcome = "success" | "timeout" | "failure";

/**
 * Gives a request slot back; to be called once, further calls do nothing.
 *
 * @param limits what the answer says of how fast its host wants to be asked
 */
export type ReleaseRequest = (outcome: RequestOutcome, limits?: HostLimits) => void;

/** What the limits are made of. */
export interface RequestLimitsOptions {
  /** `--max-requests`, at least 1 */
  readonly total: number;
  /** One that nobody can set, or a hold ends too early. */
  readonly clock: Clock;
  readonly observer?: LimitsObserver;
}

interface HostState {
  inFlight: number;
  /** How many requests the host may have in flight. */
  window: number;
  readonly turns: PriorityTurns;
}

interface NamespaceState {
  inFlight: number;
  readonly turns: PriorityTurns;
}

/** Where those who wait compete: at a host, in a namespace, for all there is. */
interface Scope {
  readonly turns: PriorityTurns;
  readonly find: (among: WaitersByHost) => Lane | undefined;
}

const largestWindow = 8;
/** A host unheard of for so long is forgotten, and begins at 1 again. */
const forgetHostAfterMs = 10 * 60_000;
/** Whoever would have to wait longer than this for a host that wants no request is sent away. */
const longestHoldMs = 60_000;

/**
 * Bounds the requests in flight: in total, per namespace (a quarter of the total) and per host (one at first, twice as
 * many after each success up to 8, one after a time-out); and keeps to the pace that a host wants (`HostPace`). Each host
 * and namespace waits for itself only, so one that is slow or hostile delays no other. Triggered ones go before due ones and
 * those before retried ones, of which none starves (`PriorityTurns`); namespaces and hosts take turns, one by one in the
 * order of coming.
 *
 * Hold one slot only at a time: to change the host (a pre-request hook may), release first. Whoever holds a slot may wait
 * for a `WorkerSlots` slot, never the other way round.
 */
export class RequestLimits {
  readonly #clock: Clock;
  readonly #observer: LimitsObserver;
  readonly #total: number;
  readonly #perNamespace: number;
  readonly #hosts = new Map<string, HostState>();
  /** Hosts without a request in flight, and since when; the longest idle first. */
  readonly #idle = new Map<string, number>();
  readonly #namespaces = new Map<string, NamespaceState>();
  readonly #turns = new PriorityTurns();
  readonly #waiters = {
    triggered: new WaitersByHost(),
    due: new WaitersByHost(),
    retried: new WaitersByHost(),
  };
  readonly #lanes: PacedLanes;
  readonly #room: Room = {
    namespace: (name) => (this.#namespaces.get(name)?.inFlight ?? 0) < this.#perNamespace,
    host: (name) => hasRoom(this.#hosts.get(name)),
  };
  #inFlight = 0;

  constructor({ total, clock, observer = {} }: RequestLimitsOptions) {
    this.#clock = clock;
    this.#observer = observer;
    this.#total = total;
    this.#perNamespace = Math.max(1, Math.floor(total / 4));
    this.#lanes = new PacedLanes(clock, {
      waiting: (lane) =>
        priorities.reduce((sum, each) => sum + this.#waiters[each].sizeOf(lane), 0),
      pause: (lane) => priorities.forEach((each) => this.#waiters[each].pause(lane)),
      resume: (lane) => priorities.forEach((each) => this.#waiters[each].resume(lane)),
      onTime: (lane) => this.#admit(lane, false),
    });
  }

  get inFlight(): number {
    return this.#inFlight;
  }

  get waiting(): number {
    return priorities.reduce((sum, each) => sum + this.#waiters[each].size, 0);
  }

  /** Hosts that something is remembered of. */
  get knownHosts(): number {
    return this.#hosts.size;
  }

  /** Namespaces at hosts that something is remembered of. */
  get knownLanes(): number {
    return this.#lanes.size;
  }

  /** Hosts that somebody waits for, or that want a pace. Made when asked: O(waiting and paced lanes). */
  get hosts(): readonly HostSample[] {
    const waiting = new Map<string, number>();
    for (const each of priorities) {
      for (const { host, waiters } of this.#waiters[each].lanes) {
        waiting.set(host, (waiting.get(host) ?? 0) + waiters.size);
      }
    }
    const paces = this.#lanes.paces();
    return [...new Set([...waiting.keys(), ...paces.keys()])].map((host) => ({
      host,
      waiting: waiting.get(host) ?? 0,
      ...(paces.get(host) ?? { gapMs: 0, holdMs: 0 }),
    }));
  }

  /** A host wants no request of a namespace for so long, as is known from before. */
  hold(lane: LaneName, holdMs: number): void {
    this.#lanes.hold(lane, holdMs);
    this.#sendAway(lane);
  }

  /**
   * Waits until the request may be sent.
   *
   * @throws {HostHeldError} if the host wants no request for over a minute
   * @throws the reason of `signal` if that aborts before; nothing is left behind then
   */
  async acquire(target: RequestTarget, signal: AbortSignal): Promise<ReleaseRequest> {
    signal.throwIfAborted();
    this.#forgetIdleHosts();
    this.#lanes.sweep();
    const holdMs = this.#lanes.holdMs(target);
    if (holdMs > longestHoldMs) throw new HostHeldError(holdMs);
    const askedAt = this.#clock.now();
    const { namespace, host } = target;
    // Whoever could go has gone: nobody who waits is overtaken by this.
    const isFree = this.#inFlight < this.#total && this.#room.namespace(namespace) &&
      this.#room.host(host) && this.#lanes.isOpen(target);
    if (isFree) this.#occupy(target);
    else await this.#turn(target, signal);
    const sentAt = this.#clock.now();
    this.#observer.granted?.(target, {
      lateMs: (target.lateMs ?? 0) + sentAt - askedAt,
      isPaced: this.#lanes.wasPausedSince(target, askedAt),
    });
    let isHeld = true;
    return (outcome, limits) => {
      if (isHeld) this.#release(target, { outcome, limits, sentAt });
      isHeld = false;
    };
  }

  #turn({ namespace, host, priority }: RequestTarget, signal: AbortSignal): Promise<void> {
    const waiters = this.#waiters[priority];
    return new Promise((resolve, reject) => {
      const end = () => signal.removeEventListener("abort", abort);
      const abort = () => {
        waiters.remove(waiter);
        this.#lanes.update(waiter);
        reject(signal.reason);
      };
      const waiter: Waiter = {
        namespace,
        host,
        grant: () => {
          end();
          resolve();
        },
        refuse: (reason) => {
          end();
          reject(reason);
        },
      };
      waiters.add(waiter);
      this.#lanes.update(waiter);
      signal.addEventListener("abort", abort, { once: true });
    });
  }

  #occupy(lane: LaneName): void {
    const { namespace, host } = lane;
    this.#host(host).inFlight++;
    this.#namespace(namespace).inFlight++;
    this.#idle.delete(host);
    this.#inFlight++;
    this.#lanes.sent(lane);
  }

  #release(
    target: RequestTarget,
    { outcome, limits, sentAt }: {
      readonly outcome: RequestOutcome;
      readonly limits: HostLimits | undefined;
      readonly sentAt: number;
    },
  ): void {
    const { namespace, host } = target;
    const wasFull = this.#inFlight === this.#total;
    const state = this.#host(host);
    state.inFlight--;
    if (outcome === "success") state.window = Math.min(largestWindow, state.window * 2);
    if (outcome === "timeout") state.window = 1;
    if (state.inFlight === 0) this.#idle.set(host, this.#clock.now());
    this.#namespace(namespace).inFlight--;
    this.#inFlight--;
    this.#lanes.answered(target, { limits, sentAt, isSuccess: outcome === "success" });
    this.#sendAway(target);
    this.#admit(target, wasFull);
    if (this.#namespace(namespace).inFlight === 0) this.#namespaces.delete(namespace);
  }

  /** Nobody waits in place for a host that wants no request for long. */
  #sendAway(lane: LaneName): void {
    const holdMs = this.#lanes.holdMs(lane);
    if (holdMs <= longestHoldMs) return;
    for (const each of priorities) {
      for (const waiter of this.#waiters[each].empty(lane)) {
        waiter.refuse(new HostHeldError(holdMs));
      }
    }
    this.#lanes.update(lane);
  }

  /**
   * Lets go whoever may go now.
   *
   * @param freed where there is room that was not there before
   * @param wasFull whether the total was used up, and so kept anybody waiting
   */
  #admit(freed: LaneName, wasFull: boolean): void {
    while (this.#inFlight < this.#total) {
      const next = this.#next(freed, wasFull);
      if (!next) return;
      const { lane, priority } = next;
      const waiter = this.#waiters[priority].takeFrom(lane);
      for (const { turns, find } of [...this.#scopesOf(waiter), this.#allOf()]) {
        turns.went(priority, (other) => find(this.#waiters[other]) !== undefined);
      }
      this.#occupy(waiter);
      waiter.grant();
    }
  }

  #next(freed: LaneName, wasFull: boolean): { lane: Lane; priority: Priority } | undefined {
    const own = this.#scopesOf(freed);
    const all = this.#allOf();
    // While the total was not used up, only this host or this namespace kept anybody waiting who may go now.
    for (const scope of wasFull ? [...own, all] : own) {
      const overdue = this.#first(scope.turns.overdue, [scope]);
      if (overdue) return overdue;
    }
    return this.#first(priorities, wasFull ? [all] : own);
  }

  #first(among: readonly Priority[], scopes: readonly Scope[]) {
    for (const priority of among) {
      for (const { find } of scopes) {
        const lane = find(this.#waiters[priority]);
        if (lane) return { lane, priority };
      }
    }
    return undefined;
  }

  #scopesOf({ namespace, host }: LaneName): readonly Scope[] {
    const room = this.#room;
    const turnsOf = (state: { readonly turns: PriorityTurns } | undefined) =>
      state?.turns ?? new PriorityTurns();
    return [
      {
        turns: turnsOf(this.#hosts.get(host)),
        find: (among) => among.findOfHost(host, room),
      },
      {
        turns: turnsOf(this.#namespaces.get(namespace)),
        find: (among) => among.findOfNamespace(namespace, room),
      },
    ];
  }

  #allOf(): Scope {
    return { turns: this.#turns, find: (among) => among.find(this.#room) };
  }

  #host(name: string): HostState {
    const state = this.#hosts.get(name) ?? { inFlight: 0, window: 1, turns: new PriorityTurns() };
    this.#hosts.set(name, state);
    return state;
  }

  #namespace(name: string): NamespaceState {
    const state = this.#namespaces.get(name) ?? { inFlight: 0, turns: new PriorityTurns() };
    this.#namespaces.set(name, state);
    return state;
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
