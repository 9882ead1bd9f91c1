import { Registry } from "prom-client";
import { createFamilies } from "./metric_families.ts";
import type { MetricFamily } from "./metric_family.ts";
import { addProcessMetrics } from "./process_metrics.ts";
import { addSampledMetrics, noSamples } from "./sampled_metrics.ts";
import { sourceFamilies } from "./source_series.ts";

/** What prom-client has of a family beside what its types say. */
interface Registered {
  readonly name: string;
  readonly help: string;
  readonly type: MetricFamily["type"];
  readonly labelNames: readonly string[];
}

/** Every family that `/metrics` has, in the order in which they are rendered. */
export function describeMetrics(): readonly MetricFamily[] {
  const registry = new Registry();
  createFamilies(registry, "");
  addSampledMetrics(registry, noSamples);
  addProcessMetrics(registry, 0);
  const registered = registry.getMetricsAsArray() as unknown as readonly Registered[];
  return [
    ...registered.map(({ name, help, type, labelNames: labels }) => ({ name, help, type, labels })),
    ...sourceFamilies,
  ];
}
