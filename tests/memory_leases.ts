import type { Lease, Leases, LeaseWrite } from "../src/objects/leases.ts";
import { ConflictError } from "../src/objects/objects.ts";

/** A call that reached {@linkcode MemoryLeases}. */
export type LeaseCall = "list" | "read" | "create" | "update" | "delete";

/** As JSON carries it and the API server keeps it: whole seconds, and no value that somebody else holds too. */
function stored(lease: LeaseWrite): LeaseWrite {
  const copy: LeaseWrite = JSON.parse(JSON.stringify(lease));
  return { ...copy, durationMs: Math.ceil(lease.durationMs / 1_000) * 1_000 };
}

/**
 * The Leases of a namespace in memory, with the conflicts of an API server; passes the contract suite. Several members
 * share one, each through a {@linkcode MemoryLeases.client}, so that a test can cut one off.
 */
export class MemoryLeases implements Leases {
  readonly #live = new Map<string, Lease>();
  #version = 0;

  list(labels: Readonly<Record<string, string>>): Promise<readonly Lease[]> {
    const wanted = Object.entries(labels);
    return Promise.resolve(
      [...this.#live.values()].filter((lease) =>
        wanted.every(([key, value]) => lease.labels[key] === value)
      ),
    );
  }

  read(name: string): Promise<Lease | undefined> {
    return Promise.resolve(this.#live.get(name));
  }

  async create(lease: LeaseWrite): Promise<Lease> {
    if (!this.#live.has(lease.name)) return this.#put(lease, `uid-${this.#version + 1}`);
    throw new ConflictError(`Cannot create Lease "${lease.name}": it exists`);
  }

  async update(existing: Lease, lease: LeaseWrite): Promise<Lease> {
    const live = this.#live.get(existing.name);
    if (!live) throw new ConflictError(`Cannot update Lease "${existing.name}": it is gone`);
    return this.#put(lease, this.#unchanged(existing, live).uid);
  }

  async delete(existing: Lease): Promise<void> {
    const live = this.#live.get(existing.name);
    if (live) this.#live.delete(this.#unchanged(existing, live).name);
  }

  /** Another party, or a process that a test does not run, has written this. */
  plant(lease: LeaseWrite): Lease {
    return this.#put(lease, this.#live.get(lease.name)?.uid ?? `uid-${this.#version + 1}`);
  }

  /** What one process sees of them. */
  client(): LeasesClient {
    return new LeasesClient(this);
  }

  #unchanged({ name, uid, resourceVersion }: Lease, live: Lease): Lease {
    if (live.uid === uid && live.resourceVersion === resourceVersion) return live;
    throw new ConflictError(`Cannot write Lease "${name}": it has changed`);
  }

  #put(lease: LeaseWrite, uid: string): Lease {
    const put = { ...stored(lease), uid, resourceVersion: `${++this.#version}` };
    this.#live.set(put.name, put);
    return put;
  }
}

/** Leases through a connection that a test watches and breaks. */
export class LeasesClient implements Leases {
  readonly #leases: MemoryLeases;
  /** Every call since it was last emptied. */
  readonly calls: LeaseCall[] = [];
  /** Told before each call; throwing is how the call fails, waiting how it hangs. */
  onCall: (call: LeaseCall, name: string) => void | Promise<void> = () => {};
  /** Told after a call was carried out; throwing is how its answer is lost. */
  onAnswer: (call: LeaseCall, name: string) => void | Promise<void> = () => {};

  constructor(leases: MemoryLeases) {
    this.#leases = leases;
  }

  list(labels: Readonly<Record<string, string>>): Promise<readonly Lease[]> {
    return this.#called("list", "", () => this.#leases.list(labels));
  }

  read(name: string): Promise<Lease | undefined> {
    return this.#called("read", name, () => this.#leases.read(name));
  }

  create(lease: LeaseWrite): Promise<Lease> {
    return this.#called("create", lease.name, () => this.#leases.create(lease));
  }

  update(existing: Lease, lease: LeaseWrite): Promise<Lease> {
    return this.#called("update", existing.name, () => this.#leases.update(existing, lease));
  }

  delete(existing: Lease): Promise<void> {
    return this.#called("delete", existing.name, () => this.#leases.delete(existing));
  }

  async #called<T>(call: LeaseCall, name: string, answer: () => Promise<T>): Promise<T> {
    this.calls.push(call);
    await this.onCall(call, name);
    const result = await answer();
    await this.onAnswer(call, name);
    return result;
  }
}
