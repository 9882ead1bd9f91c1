/** Somebody who waits to ask a host on behalf of a namespace. */
export interface Waiter {
  readonly namespace: string;
  readonly host: string;
  readonly grant: () => void;
  /** The wait is over without a request. */
  readonly refuse: (reason: unknown) => void;
}

/** Those of one namespace that wait for one host, in the order of coming. */
export interface Lane {
  readonly namespace: string;
  readonly host: string;
  readonly waiters: Set<Waiter>;
}

/** Which namespaces and hosts have room for one more request. */
export interface Room {
  namespace(name: string): boolean;
  host(name: string): boolean;
}

/**
 * Waiters by namespace and host, so that one who cannot go yet stands in nobody's way. Whose turn it was goes to the end:
 * namespaces take turns, within a namespace its hosts do, and on a host its namespaces. A lane that is paused is in no turn.
 *
 * A search passes over full hosts and full namespaces only, and of these there are at most as many as requests in flight:
 * what it costs does not grow with the number of waiters, nor with that of paused lanes.
 */
export class WaitersByHost {
  /** Every lane that somebody waits in. */
  readonly #lanes = new Map<string, Lane>();
  readonly #paused = new Set<string>();
  /** Those that are not paused. */
  readonly #byNamespace = new Map<string, Map<string, Lane>>();
  readonly #byHost = new Map<string, Map<string, Lane>>();
  #size = 0;

  get size(): number {
    return this.#size;
  }

  /** Every lane that somebody waits in, paused or not. */
  get lanes(): Iterable<Lane> {
    return this.#lanes.values();
  }

  /** How many wait in a lane. */
  sizeOf(name: Pick<Lane, "namespace" | "host">): number {
    return this.#lanes.get(keyOf(name))?.waiters.size ?? 0;
  }

  add(waiter: Waiter): void {
    const { namespace, host } = waiter;
    const lane = this.#lanes.get(keyOf(waiter)) ?? { namespace, host, waiters: new Set() };
    if (lane.waiters.size === 0) this.#open(lane);
    lane.waiters.add(waiter);
    this.#size++;
  }

  remove(waiter: Waiter): void {
    const lane = this.#lanes.get(keyOf(waiter));
    if (!lane?.waiters.delete(waiter)) return;
    this.#size--;
    if (lane.waiters.size === 0) this.#close(lane);
  }

  /** Nobody of a lane, whether there or still to come, is found until it is resumed. */
  pause(name: Pick<Lane, "namespace" | "host">): void {
    const key = keyOf(name);
    if (this.#paused.has(key)) return;
    this.#paused.add(key);
    const lane = this.#lanes.get(key);
    if (lane) this.#leave(lane);
  }

  /** Its turn is the last one. */
  resume(name: Pick<Lane, "namespace" | "host">): void {
    const key = keyOf(name);
    if (!this.#paused.delete(key)) return;
    const lane = this.#lanes.get(key);
    if (lane) this.#enter(lane);
  }

  /** Takes everybody out of a lane. */
  empty(name: Pick<Lane, "namespace" | "host">): readonly Waiter[] {
    const waiters = [...this.#lanes.get(keyOf(name))?.waiters ?? []];
    for (const waiter of waiters) this.remove(waiter);
    return waiters;
  }

  /** The next lane for which there is room, whosever that is. */
  find(room: Room): Lane | undefined {
    for (const [namespace, lanes] of this.#byNamespace) {
      const lane = room.namespace(namespace) && findIn(lanes, (lane) => room.host(lane.host));
      if (lane) return lane;
    }
    return undefined;
  }

  /** The next lane of a host that has room. */
  findOfHost(host: string, room: Room): Lane | undefined {
    if (!room.host(host)) return undefined;
    return findIn(this.#byHost.get(host), (lane) => room.namespace(lane.namespace));
  }

  /** The next lane of a namespace that has room. */
  findOfNamespace(namespace: string, room: Room): Lane | undefined {
    if (!room.namespace(namespace)) return undefined;
    return findIn(this.#byNamespace.get(namespace), (lane) => room.host(lane.host));
  }

  /** Takes out the first of a lane that was found. */
  takeFrom(lane: Lane): Waiter {
    const [waiter] = lane.waiters;
    if (!waiter) throw new TypeError("Cannot take a waiter from a lane: nobody waits in it");
    this.remove(waiter);
    if (lane.waiters.size > 0) {
      this.#leave(lane);
      this.#enter(lane);
    }
    moveToEnd(this.#byNamespace, lane.namespace);
    return waiter;
  }

  #open(lane: Lane): void {
    const key = keyOf(lane);
    this.#lanes.set(key, lane);
    if (!this.#paused.has(key)) this.#enter(lane);
  }

  #close(lane: Lane): void {
    this.#lanes.delete(keyOf(lane));
    this.#leave(lane);
  }

  #enter(lane: Lane): void {
    const { namespace, host } = lane;
    inner(this.#byNamespace, namespace).set(host, lane);
    inner(this.#byHost, host).set(namespace, lane);
  }

  #leave({ namespace, host }: Lane): void {
    drop(this.#byNamespace, namespace, host);
    drop(this.#byHost, host, namespace);
  }
}

/** A Map keeps the order of insertion: what is taken out and put back is the last in turn. */
type Index = Map<string, Map<string, Lane>>;

/** No name of a namespace has a slash. */
function keyOf({ namespace, host }: Pick<Lane, "namespace" | "host">): string {
  return `${namespace}/${host}`;
}

function inner(index: Index, name: string): Map<string, Lane> {
  const lanes = index.get(name) ?? new Map<string, Lane>();
  if (lanes.size === 0) index.set(name, lanes);
  return lanes;
}

function drop(index: Index, name: string, innerName: string): void {
  const lanes = index.get(name);
  lanes?.delete(innerName);
  if (lanes?.size === 0) index.delete(name);
}

function moveToEnd(index: Index, name: string): void {
  const lanes = index.get(name);
  index.delete(name);
  if (lanes) index.set(name, lanes);
}

function findIn(lanes: Map<string, Lane> | undefined, fits: (lane: Lane) => boolean) {
  for (const lane of lanes?.values() ?? []) if (fits(lane)) return lane;
  return undefined;
}
