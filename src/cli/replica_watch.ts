import type { ObjectChange, Objects } from "../objects/objects.ts";
import { leaseName } from "../shard/lease_name.ts";
import { type Members, memberStates } from "../shard/members.ts";
import type { Log } from "../telemetry/log.ts";
import { handoverKinds } from "../telemetry/metric_families.ts";
import type { Metrics } from "../telemetry/metrics.ts";
import type { ReplicaSample } from "../telemetry/replica_metrics.ts";
import { type OwnershipChange, OwnershipTally } from "./ownership_tally.ts";

/** What is told of a replica among others. */
export interface ReplicaWatchParts {
  readonly members: Members;
  readonly sources: Objects["sources"];
  readonly log: Pick<Log, "info">;
  readonly metrics: Pick<Metrics, "handedOver">;
}

/** The line that says what changed hands. */
export const handoverLog = "sources changed hands";

/** Counts what a replica owns and what changes hands, and logs one line where something does. */
export class ReplicaWatch {
  readonly #parts: ReplicaWatchParts;
  readonly #tally: OwnershipTally;
  #others = 0;

  constructor(parts: ReplicaWatchParts) {
    this.#parts = parts;
    const { members } = parts;
    this.#tally = new OwnershipTally({ ...parts, onMove: (change) => this.#told(change) });
    members.onChange((change) => {
      this.#others = change.after.live.length;
      this.#tally.membersChanged(change);
    });
  }

  /** Every source is known from now on. */
  start(): void {
    this.#tally.start();
  }

  /** An object has changed. */
  objectChanged(change: ObjectChange): void {
    this.#tally.objectChanged(change);
  }

  /** For the metrics. */
  sample(): ReplicaSample {
    const { name, state } = this.#parts.members;
    const mayWrite = this.#parts.members.mayWrite();
    return {
      owned: this.#tally.owned,
      live: this.#others + (mayWrite ? 1 : 0),
      state,
      states: Object.keys(memberStates),
      mayWrite,
      lease: name === undefined ? undefined : leaseName(name),
    };
  }

  #told({ counts, owned, members }: OwnershipChange): void {
    const { begun, taken_over, received, given_away, lost } = counts;
    for (const kind of handoverKinds) {
      const count = counts[kind];
      if (count) this.#parts.metrics.handedOver(kind, count);
    }
    this.#parts.log.info(handoverLog, {
      ...{ begun, takenOver: taken_over, received, givenAway: given_away, lost },
      ...{ owned, sharedBy: members.join(", ") },
    });
  }
}
