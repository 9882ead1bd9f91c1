/** Somebody who waits to ask a host on behalf of a namespace. */
export interface Waiter {
  readonly namespace: string;
  readonly host: string;
  readonly grant: () => void;
}

/** Those of one namespace that wait for one host, in the order of coming. Exists only while it holds somebody. */
interface Lane {
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
 * namespaces take turns, within a namespace its hosts do, and on a host its namespaces.
 *
 * A search passes over full hosts and full namespaces only, and of these there are at most as many as requests in flight:
 * what it costs does not grow with the number of waiters.
 */
export class WaitersByHost {
  readonly #byNamespace = new Map<string, Map<string, Lane>>();
  readonly #byHost = new Map<string, Map<string, Lane>>();
  #size = 0;

  get size(): number {
    return this.#size;
  }

  add(waiter: Waiter): void {
    const { namespace, host } = waiter;
    const lane = this.#byHost.get(host)?.get(namespace) ??
      this.#enter({ namespace, host, waiters: new Set() });
    lane.waiters.add(waiter);
    this.#size++;
  }

  remove(waiter: Waiter): void {
    const lane = this.#byHost.get(waiter.host)?.get(waiter.namespace);
    if (!lane?.waiters.delete(waiter)) return;
    this.#size--;
    if (lane.waiters.size === 0) this.#leave(lane);
  }

  /** Takes out the next one for whom there is room, whoever that is. */
  take(room: Room): Waiter | undefined {
    for (const [namespace, lanes] of this.#byNamespace) {
      const lane = room.namespace(namespace) && find(lanes, (lane) => room.host(lane.host));
      if (lane) return this.#takeFrom(lane);
    }
    return undefined;
  }

  /** Takes out the next one of a host that has room. */
  takeOfHost(host: string, room: Room): Waiter | undefined {
    if (!room.host(host)) return undefined;
    return this.#takeFrom(find(this.#byHost.get(host), (lane) => room.namespace(lane.namespace)));
  }

  /** Takes out the next one of a namespace that has room. */
  takeOfNamespace(namespace: string, room: Room): Waiter | undefined {
    if (!room.namespace(namespace)) return undefined;
    return this.#takeFrom(find(this.#byNamespace.get(namespace), (lane) => room.host(lane.host)));
  }

  #takeFrom(lane: Lane | undefined): Waiter | undefined {
    const [waiter] = lane?.waiters ?? [];
    if (!lane || !waiter) return undefined;
    this.remove(waiter);
    if (lane.waiters.size > 0) {
      this.#leave(lane);
      this.#enter(lane);
    }
    moveToEnd(this.#byNamespace, lane.namespace);
    return waiter;
  }

  #enter(lane: Lane): Lane {
    const { namespace, host } = lane;
    inner(this.#byNamespace, namespace).set(host, lane);
    inner(this.#byHost, host).set(namespace, lane);
    return lane;
  }

  #leave({ namespace, host }: Lane): void {
    drop(this.#byNamespace, namespace, host);
    drop(this.#byHost, host, namespace);
  }
}

/** A Map keeps the order of insertion: what is taken out and put back is the last in turn. */
type Index = Map<string, Map<string, Lane>>;

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

function find(lanes: Map<string, Lane> | undefined, fits: (lane: Lane) => boolean) {
  for (const lane of lanes?.values() ?? []) if (fits(lane)) return lane;
  return undefined;
}
