import { Gauge, type Registry } from "prom-client";

/** Figures that are asked for when the metrics are read; `undefined` is not known now. Must be quick. */
export interface Samples {
  /** Keys that are due and wait for a worker. */
  queueDepth(): number | undefined;
  /** Upstream requests going on. */
  requestsInFlight(): number | undefined;
  /** Runs of hooks that wait for a worker. */
  hooksWaiting(): number | undefined;
  /** Those that are going on. */
  hooksRunning(): number | undefined;
  store(): { readonly bytes: number; readonly artifacts: number } | undefined;
  /** ExternalSources in the cache. */
  sources(): number | undefined;
}

/** Registers a gauge for each sample. */
export function addSampledMetrics(registry: Registry, samples: Samples): void {
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
  new Gauge({
    name: "workqueue_depth",
    help: "Current depth of workqueue.",
    labelNames: ["name"],
    registers: [registry],
    collect() {
      this.set({ name: "externalsource" }, samples.queueDepth() ?? 0);
    },
  });
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
}
