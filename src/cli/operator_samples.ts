import type { Clock } from "../core/clock.ts";
import type { Objects } from "../objects/objects.ts";
import type { ArtifactStore } from "../store/artifact_store.ts";
import { type StoreUsage, storeUsage } from "../store/store_usage.ts";
import type { HostSample } from "../core/host_sample.ts";
import type { ReplicaSample } from "../telemetry/replica_metrics.ts";
import type { Samples } from "../telemetry/sampled_metrics.ts";
import type { Operator } from "./operator.ts";
import type { ReplicaWatch } from "./replica_watch.ts";

/** How often a store is walked for its size, in milliseconds; one far away charges for each page of its list. */
const usageEveryMs = { near: 60_000, far: 3_600_000 };

/** What is sampled. */
export interface SampledParts {
  readonly operator: Operator;
  readonly objects: Pick<Objects, "sources">;
  readonly store: Pick<ArtifactStore, "list">;
  readonly isStoreShared: boolean;
  readonly replica: Pick<ReplicaWatch, "sample">;
}

/** Figures of an operator for the metrics; unknown until there is one. */
export class OperatorSamples implements Samples {
  readonly #clock: Clock;
  #parts: SampledParts | undefined;
  #usage: StoreUsage | undefined;
  #cancel: () => void = () => {};

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Begins to sample. */
  use(parts: SampledParts): void {
    this.#parts = parts;
    void this.#measure(parts);
  }

  /** Ends it. */
  stop(): void {
    this.#cancel();
    this.#parts = undefined;
  }

  queueDepth(): number | undefined {
    return this.#parts?.operator.queueDepth;
  }

  runningMs(): readonly number[] {
    return this.#parts?.operator.runningMs ?? [];
  }

  requestsInFlight(): number | undefined {
    return this.#parts?.operator.requestsInFlight;
  }

  hooksWaiting(): number | undefined {
    return this.#parts?.operator.hooks.waiting;
  }

  hooksRunning(): number | undefined {
    return this.#parts?.operator.hooks.held;
  }

  store(): StoreUsage | undefined {
    return this.#usage;
  }

  sources(): number | undefined {
    return this.#parts?.objects.sources.size;
  }

  replica(): ReplicaSample | undefined {
    return this.#parts?.replica.sample();
  }

  hosts(): readonly HostSample[] {
    return this.#parts?.operator.hostPaces ?? [];
  }

  /** The next walk waits for this one: those of a store that hangs would else pile up. */
  async #measure(parts: SampledParts): Promise<void> {
    const startedAt = this.#clock.now();
    try {
      this.#usage = await storeUsage(parts.store);
    } catch {
      this.#usage = undefined; // unknown while the store cannot be read; its operations are counted
    }
    if (this.#parts !== parts) return;
    const everyMs = parts.isStoreShared ? usageEveryMs.far : usageEveryMs.near;
    const leftMs = startedAt + everyMs - this.#clock.now();
    this.#cancel = this.#clock.schedule(() => void this.#measure(parts), Math.max(0, leftMs));
  }
}
