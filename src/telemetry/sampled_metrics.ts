import { Gauge, type Registry } from "prom-client";
import type { HostSample } from "../core/host_sample.ts";
import { controllerLabels, queueLabels } from "./metric_families.ts";
import { addPaceMetrics } from "./pace_metrics.ts";
import { addReplicaMetrics, type ReplicaSample } from "./replica_metrics.ts";

/** Figures that are asked for when the metrics are read; `undefined` is not known now. Must be quick. */
export interface Samples {
  /** Keys that are due and wait for a worker. */
  queueDepth(): number | undefined;
  /** How long each current run has lasted, in milliseconds. */
  runningMs(): readonly number[];
  /** Upstream requests going on. */
  requestsInFlight(): number | undefined;
  /** Runs of hooks that wait for a worker. */
  hooksWaiting(): number | undefined;
  /** Those that are going on. */
  hooksRunning(): number | undefined;
  store(): { readonly bytes: number; readonly artifacts: number } | undefined;
  /** ExternalSources in the cache. */
  sources(): number | undefined;
  /** What this process is among its replicas. */
  replica(): ReplicaSample | undefined;
  /** Every upstream that something is remembered of. */
  hosts(): readonly HostSample[];
}

/** Nothing is known: what a process says before it works, and a test that samples nothing. */
export const noSamples: Samples = {
  queueDepth: () => undefined,
  runningMs: () => [],
  requestsInFlight: () => undefined,
  hooksWaiting: () => undefined,
  hooksRunning: () => undefined,
  store: () => undefined,
  sources: () => undefined,
  replica: () => undefined,
  hosts: () => [],
};

/** Registers a gauge for each sample. The returned function is to be called before each reading. */
export function addSampledMetrics(registry: Registry, samples: Samples): () => void {
  const add = (name: string, help: string, sample: () => number | undefined) =>
    new Gauge({
      name,
      help,
      registers: [registry],
      collect() {
        const value = sample();
        if (value === undefined) this.remove();
        else this.set(value);
      },
    });
  addQueueMetrics(registry, samples);
  add(
    "externalsource_source_requests_in_flight",
    "Upstream requests that are going on.",
    () => samples.requestsInFlight(),
  );
  add(
    "externalsource_hooks_waiting",
    "Runs of hooks that wait for a worker.",
    () => samples.hooksWaiting(),
  );
  add("externalsource_hooks_running", "Runs of hooks going on.", () => samples.hooksRunning());
  add("externalsource_sources", "ExternalSources that are watched.", () => samples.sources());
  add("externalsource_store_bytes", "Bytes of the stored artifacts.", () => samples.store()?.bytes);
  add(
    "externalsource_store_artifacts",
    "Number of the stored artifacts.",
    () => samples.store()?.artifacts,
  );
  addReplicaMetrics(registry, () => samples.replica());
  return addPaceMetrics(registry, () => samples.hosts());
}

interface LabelledGauge {
  readonly name: string;
  readonly help: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly sample: () => number;
}

function addLabelled(registry: Registry, { name, help, labels, sample }: LabelledGauge): void {
  new Gauge({
    ...{ name, help, labelNames: Object.keys(labels), registers: [registry] },
    collect() {
      this.set(labels, sample());
    },
  });
}

/** Those of client-go's workqueue that are asked for. */
function addQueueMetrics(registry: Registry, samples: Samples): void {
  const add = (name: string, help: string, sample: () => number) =>
    addLabelled(registry, { name, help, labels: queueLabels, sample });
  add("workqueue_depth", "Current depth of workqueue.", () => samples.queueDepth() ?? 0);
  add(
    "workqueue_unfinished_work_seconds",
    "How many seconds of work has been done that is in progress and hasn't been observed by work_duration.",
    () => samples.runningMs().reduce((sum, ms) => sum + ms, 0) / 1_000,
  );
  add(
    "workqueue_longest_running_processor_seconds",
    "How many seconds has the longest running processor for workqueue been running.",
    () => samples.runningMs().reduce((longest, ms) => Math.max(longest, ms), 0) / 1_000,
  );
  addLabelled(registry, {
    name: "controller_runtime_active_workers",
    help: "Number of currently used workers per controller.",
    labels: controllerLabels,
    sample: () => samples.runningMs().length,
  });
}
