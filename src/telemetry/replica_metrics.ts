import { Gauge, type Registry } from "prom-client";

/** One replica among others, as it sees itself. */
export interface ReplicaSample {
  /** Sources that it works on. */
  readonly owned: number;
  /** Replicas that hold a Lease now, this one among them if it does. */
  readonly live: number;
  /** One of `states`. */
  readonly state: string;
  readonly states: readonly string[];
  /** Whether it may write to the API server. */
  readonly mayWrite: boolean;
  /** Name of its Lease; undefined without any. */
  readonly lease: string | undefined;
}

/** Registers the figures of a replica, which have no series while nothing is known. */
export function addReplicaMetrics(
  registry: Registry,
  sample: () => ReplicaSample | undefined,
): void {
  const registers = [registry];
  const add = (name: string, help: string, value: (replica: ReplicaSample) => number) =>
    new Gauge({
      ...{ name, help, registers },
      collect() {
        const replica = sample();
        if (replica) this.set(value(replica));
        else this.remove();
      },
    });
  add(
    "externalsource_owned_sources",
    "ExternalSources that this replica works on.",
    ({ owned }) => owned,
  );
  add(
    "externalsource_replicas",
    "Replicas that hold a Lease now, as this one sees it.",
    ({ live }) => live,
  );
  addStates(registry, sample);
}

function addStates(registry: Registry, sample: () => ReplicaSample | undefined): void {
  const registers = [registry];
  new Gauge({
    name: "externalsource_replica_state",
    help: "1 for what this replica is now, 0 for what it could be else.",
    labelNames: ["state"],
    registers,
    collect() {
      const { state: now, states } = sample() ?? { state: undefined, states: [] };
      this.reset();
      for (const state of states) this.set({ state }, state === now ? 1 : 0);
    },
  });
  new Gauge({
    name: "leader_election_master_status",
    help:
      "Gauge of if the reporting system is master of the relevant lease, 0 indicates backup, 1 indicates master. 'name' is the string used to identify the lease.",
    labelNames: ["name"],
    registers,
    collect() {
      const replica = sample();
      this.reset();
      if (replica?.lease) this.set({ name: replica.lease }, replica.mayWrite ? 1 : 0);
    },
  });
}
