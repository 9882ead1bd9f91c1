import { Counter, exponentialBuckets, Gauge, Histogram, type Registry } from "prom-client";

const operationBuckets = [.1, .25, .5, 1, 2.5, 5, 10, 30];
const downloadBuckets = [.001, .005, .01, .05, .1, .5, 1, 5, 10, 30, 60];
/** controller-runtime, `pkg/internal/controller/metrics`. */
const reconcileBuckets = [
  ...[.005, .01, .025, .05, .1, .15, .2, .25, .3, .35, .4, .45, .5, .6, .7, .8, .9, 1],
  ...[1.25, 1.5, 1.75, 2, 2.5, 3, 3.5, 4, 4.5, 5, 6, 7, 8, 9, 10, 15, 20, 25, 30, 40, 50, 60],
];
/** By which dashboards tell controllers of controller-runtime apart. */
export const controllerLabels = { controller: "externalsource" } as const;
/** Of the workqueue's metrics, as controller-runtime has them. */
export const queueLabels = { name: "externalsource", ...controllerLabels } as const;
/** Of client-go's workqueue, as controller-runtime registers it. */
const queueBuckets = exponentialBuckets(1e-8, 10, 12);
/** From on time to later than any interval should be. */
const latenessBuckets = [.01, .05, .1, .25, .5, 1, 2.5, 5, 10, 30, 60, 300, 1_800];

/** How sources change hands: `shard/handover.ts`. */
export const handoverKinds = ["taken_over", "received", "given_away", "lost"] as const;

/** Every family that prom-client keeps; those with one series a source are in `source_series.ts`. */
export function createFamilies(registry: Registry, version: string) {
  new Gauge({
    name: "externalsource_build_info",
    help: "The build that runs; always 1.",
    labelNames: ["version", "deno"],
    registers: [registry],
  }).set({ version, deno: Deno.version.deno }, 1);
  const families = {
    ...pipelineFamilies(registry),
    ...hookFamilies(registry),
    ...controllerFamilies(registry),
    ...queueFamilies(registry),
    ...serverFamilies(registry),
    ...failureFamilies(registry),
    ...storeFamilies(registry),
    ...replicaFamilies(registry),
  };
  for (const result of ["success", "error", "requeue", "requeue_after"]) {
    families.reconciles.inc({ ...controllerLabels, result }, 0);
  }
  families.reconcileErrors.inc(controllerLabels, 0);
  for (const reason of hookFailureReasons) families.hookFailures.inc({ reason }, 0);
  for (const success of ["true", "false"]) families.whitelistLoads.inc({ success }, 0);
  for (const reason of ["corrupt", "missing"]) families.storeRepairs.inc({ reason }, 0);
  for (const kind of handoverKinds) families.handovers.inc({ kind }, 0);
  for (const sink of ["kubernetes", "flux"]) families.eventsDropped.inc({ sink }, 0);
  return families;
}

function pipelineFamilies(registry: Registry) {
  const registers = [registry];
  return {
    requests: new Counter({
      name: "externalsource_source_request_total",
      help: "Requests to upstreams.",
      labelNames: ["source_type", "success"],
      registers,
    }),
    requestSeconds: new Histogram({
      name: "externalsource_source_request_duration_seconds",
      help: "How long requests to upstreams took.",
      labelNames: ["source_type", "success"],
      buckets: [...operationBuckets, 60],
      registers,
    }),
    lateness: new Histogram({
      name: "externalsource_lateness_seconds",
      help:
        "Time from when a source was due until its request could be sent; paced: its upstream had asked to wait.",
      labelNames: ["class", "paced"],
      buckets: latenessBuckets,
      registers,
    }),
    operations: new Counter({
      name: "externalsource_artifact_operation_total",
      help: "Artifacts packed and stored.",
      labelNames: ["operation", "success"],
      registers,
    }),
    operationSeconds: new Histogram({
      name: "externalsource_artifact_operation_duration_seconds",
      help: "How long packing and storing took.",
      labelNames: ["operation", "success"],
      buckets: operationBuckets,
      registers,
    }),
  };
}

const hookBuckets = [.001, .01, .1, .5, 1, 2.5, 5, 10, 30];
const hookFailureReasons = [
  ...["exit", "signal", "timeout", "output", "invalid", "absent", "unavailable", "refused"],
];

function hookFamilies(registry: Registry) {
  const registers = [registry];
  const labelNames = ["hook_name", "retry_policy", "success"] as const;
  return {
    hookRuns: new Counter({
      name: "externalsource_hook_execution_total",
      help: "Runs of hooks.",
      labelNames,
      registers,
    }),
    hookSeconds: new Histogram({
      name: "externalsource_hook_execution_duration_seconds",
      help: "How long runs of hooks took.",
      labelNames,
      buckets: hookBuckets,
      registers,
    }),
    hookFailures: new Counter({
      name: "externalsource_hook_failures_total",
      help: "Runs of hooks that failed, by what they failed of.",
      labelNames: ["reason"],
      registers,
    }),
    whitelistLoads: new Counter({
      name: "externalsource_hook_whitelist_loads_total",
      help:
        "How often the whitelist of hooks was read anew; one that cannot be used leaves the old one in force.",
      labelNames: ["success"],
      registers,
    }),
  };
}

function controllerFamilies(registry: Registry) {
  const registers = [registry];
  const controller = { labelNames: Object.keys(controllerLabels), registers };
  return {
    reconciles: new Counter({
      name: "controller_runtime_reconcile_total",
      help: "Total number of reconciliations per controller.",
      labelNames: ["controller", "result"],
      registers,
    }),
    reconcileErrors: new Counter({
      name: "controller_runtime_reconcile_errors_total",
      help: "Total number of reconciliation errors per controller.",
      ...controller,
    }),
    reconcileSeconds: new Histogram({
      name: "controller_runtime_reconcile_time_seconds",
      help: "Length of time per reconciliation per controller.",
      buckets: reconcileBuckets,
      ...controller,
    }),
    apiRequests: new Counter({
      name: "rest_client_requests_total",
      help: "Number of HTTP requests, partitioned by status code, method, and host.",
      labelNames: ["code", "method", "host"],
      registers,
    }),
  };
}

function queueFamilies(registry: Registry) {
  const queue = { labelNames: Object.keys(queueLabels), registers: [registry] };
  return {
    queueAdds: new Counter({
      name: "workqueue_adds_total",
      help: "Total number of adds handled by workqueue.",
      ...queue,
    }),
    queueRetries: new Counter({
      name: "workqueue_retries_total",
      help: "Total number of retries handled by workqueue.",
      ...queue,
    }),
    queueSeconds: new Histogram({
      name: "workqueue_queue_duration_seconds",
      help: "How long in seconds an item stays in workqueue before being requested.",
      buckets: queueBuckets,
      ...queue,
    }),
    workSeconds: new Histogram({
      name: "workqueue_work_duration_seconds",
      help: "How long in seconds processing an item from workqueue takes.",
      buckets: queueBuckets,
      ...queue,
    }),
  };
}

function serverFamilies(registry: Registry) {
  const registers = [registry];
  return {
    downloads: new Counter({
      name: "externalsource_artifact_server_requests_total",
      help: "Requests that the artifact server answered.",
      labelNames: ["code"],
      registers,
    }),
    downloadBytes: new Counter({
      name: "externalsource_artifact_server_sent_bytes_total",
      help: "Bytes of artifacts that the artifact server sent.",
      registers,
    }),
    downloadSeconds: new Histogram({
      name: "externalsource_artifact_server_request_duration_seconds",
      help: "How long answers of the artifact server took to their last byte.",
      buckets: downloadBuckets,
      registers,
    }),
    downloadsInFlight: new Gauge({
      name: "externalsource_artifact_server_requests_in_flight",
      help: "Requests to the artifact server that are going on.",
      registers,
    }),
    artifactsMissing: new Counter({
      name: "externalsource_artifact_missing_total",
      help: "Requests for a published artifact that could be had from nowhere.",
      registers,
    }),
  };
}

function failureFamilies(registry: Registry) {
  const registers = [registry];
  return {
    bugs: new Counter({
      name: "externalsource_internal_errors_total",
      help: "Errors that only a mistake in the controller explains.",
      registers,
    }),
    eventsDropped: new Counter({
      name: "externalsource_events_dropped_total",
      help: "Events that could not be delivered.",
      labelNames: ["sink"],
      registers,
    }),
  };
}

function storeFamilies(registry: Registry) {
  return {
    storeRepairs: new Counter({
      name: "externalsource_store_repairs_total",
      help:
        "Published artifacts that the store had with other bytes or not at all; each was put back or is fetched again.",
      labelNames: ["reason"],
      registers: [registry],
    }),
  };
}

function replicaFamilies(registry: Registry) {
  return {
    handovers: new Counter({
      name: "externalsource_handovers_total",
      help:
        "Sources that changed hands: taken over from a replica that ended without giving its Lease back, received from one that gave them up, given away, or lost with this replica's own Lease.",
      labelNames: ["kind"],
      registers: [registry],
    }),
  };
}
