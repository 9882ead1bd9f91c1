import type { Clock } from "../core/clock.ts";
import type { Objects } from "../objects/objects.ts";
import type { ArtifactStore } from "../store/artifact_store.ts";
import { type StoreUsage, storeUsage } from "../store/store_usage.ts";
import type { Samples } from "../telemetry/sampled_metrics.ts";
import type { Operator } from "./operator.ts";

/** How often a store is walked for its size, in milliseconds; one far away charges for each page of its list. */
const usageEveryMs = { near: 60_000, far: 3_600_000 };

/** What is sampled. */
export interface SampledParts {
  readonly operator: Operator;
  readonly objects: Pick<Objects, "sources">;
  readonly store: Pick<ArtifactStore, "list">;
  readonly isStoreShared: boolean;
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
    this.#measure(parts);
  }

  /** Ends it. */
  stop(): void {
    this.#cancel();
    this.#parts = undefined;
  }

  queueDepth(): number | undefined {
    return this.#parts?.operator.queueDepth;
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

  #measure(parts: SampledParts): void {
    this.#cancel = this.#clock.schedule(
      () => this.#measure(parts),
      parts.isStoreShared ? usageEveryMs.far : usageEveryMs.near,
    );
    storeUsage(parts.store).then(
      (usage) => this.#usage = usage,
      () => this.#usage = undefined, // unknown while the store cannot be read; its operations are counted
    );
  }
}
