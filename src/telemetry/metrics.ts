import { Registry } from "prom-client";
import type { SourceKey } from "../core/source_key.ts";
import {
  controllerLabels,
  createFamilies,
  type handoverKinds,
  queueLabels,
} from "./metric_families.ts";
import { HookSeries } from "./hook_series.ts";
import { addProcessMetrics } from "./process_metrics.ts";
import { addSampledMetrics, type Samples } from "./sampled_metrics.ts";
import { SourceSeries } from "./source_series.ts";

/** How a reconcile ended, in the words of controller-runtime. */
export type ReconcileResult = "success" | "error" | "requeue" | "requeue_after";

/** What the wrappers around the stages tell; every duration is seconds. */
export interface Metrics {
  /** A worker takes a source. Pairs with {@linkcode Metrics.reconciled}. */
  reconciling(source: { readonly key: SourceKey; readonly sourceType: string }): void;
  reconciled(outcome: {
    readonly key: SourceKey;
    readonly success: boolean;
    readonly seconds: number;
    readonly result: ReconcileResult;
    /** When the upstream was asked with success, if it was: milliseconds since the epoch. */
    readonly answeredAt?: number | undefined;
  }): void;
  /** Removes the series of a deleted source. A reconcile that is going on leaves none; one that begins later would. */
  forgetSource(key: SourceKey): void;
  /** An exchange with an upstream has ended. */
  requested(
    exchange: { readonly sourceType: string; readonly success: boolean; readonly seconds: number },
  ): void;
  /** A request could be sent, so long after its source was due. `class` says why it was due. */
  requestAllowed(
    request: {
      readonly class: "triggered" | "due" | "retried";
      /** Whether the upstream had asked to wait. */
      readonly paced: boolean;
      readonly seconds: number;
    },
  ): void;
  /** So many sources came to this replica or left it. */
  handedOver(kind: (typeof handoverKinds)[number], count: number): void;
  /** A hook of a source has run; `failure` is a word for what it failed of. */
  hookRan(run: {
    readonly key: SourceKey;
    readonly name: string;
    readonly retryPolicy: string;
    readonly seconds: number;
    readonly failure: string | undefined;
  }): void;
  /** A changed whitelist of hooks was read, and was usable or not. */
  whitelistLoaded(success: boolean): void;
  artifactOperation(done: {
    readonly operation: "package" | "store";
    readonly success: boolean;
    readonly seconds: number;
  }): void;
  /** A key was put into the queue. */
  queued(kind: "new" | "retry"): void;
  /** A key left the queue after so long. */
  dequeued(seconds: number): void;
  /** A key was worked on for so long. */
  worked(seconds: number): void;
  /** The API server answered; `code` is the status, or `<error>` if none came. */
  apiRequested(
    request: { readonly code: string; readonly method: string; readonly host: string },
  ): void;
  /** A request to the artifact server begins. Pairs with {@linkcode Metrics.served}. */
  serving(): void;
  /** It has ended, after so many bytes of its body. */
  served(
    download: { readonly code: number; readonly bytes: number; readonly seconds: number },
  ): void;
  /** A published artifact could be had from nowhere: the server answered 404. */
  artifactMissing(): void;
  /** The store had a published artifact with other bytes than were published, or not at all. */
  artifactRepaired(reason: "corrupt" | "missing"): void;
  eventDropped(sink: "kubernetes" | "flux"): void;
  /** An error that only a programming error explains. */
  bugSeen(): void;

  readonly contentType: string;
  /** What `/metrics` answers, in pieces with a turn of the event loop between them. */
  render(): AsyncGenerator<string>;
}

/** What is known when the process starts. */
export interface MetricsOptions {
  readonly version: string;
  /** Milliseconds since the Unix epoch. */
  readonly startedAt: number;
  readonly samples: Samples;
}

/** All metrics of the controller (COMPATIBILITY §9), each with its series at nought where its labels are known. */
export function createMetrics({ version, startedAt, samples }: MetricsOptions): Metrics {
  const registry = new Registry();
  const families = createFamilies(registry, version);
  const sample = addSampledMetrics(registry, samples);
  addProcessMetrics(registry, startedAt / 1_000);
  const sources = new SourceSeries();
  const hooks = new HookSeries(families);
  return {
    reconciling: ({ key, sourceType }) => sources.begin(key, sourceType),
    reconciled: ({ key, success, seconds, result, answeredAt }) => {
      sources.end(key, { success, seconds, answeredAt });
      countReconcile(families, { result, seconds });
    },
    forgetSource: (key) => {
      sources.forget(key);
      hooks.forget(key);
    },
    ...hookMetrics(families, hooks),
    requested: ({ sourceType, success, seconds }) => {
      const labels = { source_type: sourceType, success: `${success}` };
      families.requests.inc(labels);
      families.requestSeconds.observe(labels, seconds);
    },
    ...storeMetrics(families),
    ...queueMetrics(families),
    apiRequested: (request) => families.apiRequests.inc({ ...request }),
    ...serverMetrics(families),
    eventDropped: (sink) => families.eventsDropped.inc({ sink }),
    bugSeen: () => families.bugs.inc(),
    contentType: registry.contentType,
    requestAllowed: ({ class: why, paced, seconds }) =>
      families.lateness.observe({ class: why, paced: `${paced}` }, seconds),
    handedOver: (kind, count) => families.handovers.inc({ kind }, count),
    render: async function* () {
      sample();
      yield await registry.metrics();
      yield* sources.render();
    },
  };
}

type Families = ReturnType<typeof createFamilies>;

function countReconcile(
  families: Families,
  { result, seconds }: { readonly result: string; readonly seconds: number },
): void {
  families.reconciles.inc({ ...controllerLabels, result });
  if (result === "error") families.reconcileErrors.inc(controllerLabels);
  families.reconcileSeconds.observe(controllerLabels, seconds);
}

function queueMetrics(families: Families): Pick<Metrics, "queued" | "dequeued" | "worked"> {
  return {
    queued: (kind) => {
      families.queueAdds.inc(queueLabels);
      if (kind === "retry") families.queueRetries.inc(queueLabels);
    },
    dequeued: (seconds) => families.queueSeconds.observe(queueLabels, seconds),
    worked: (seconds) => families.workSeconds.observe(queueLabels, seconds),
  };
}

function storeMetrics(
  families: Families,
): Pick<Metrics, "artifactOperation" | "artifactRepaired"> {
  return {
    artifactOperation: ({ operation, success, seconds }) => {
      const labels = { operation, success: `${success}` };
      families.operations.inc(labels);
      families.operationSeconds.observe(labels, seconds);
    },
    artifactRepaired: (reason) => families.storeRepairs.inc({ reason }),
  };
}

function hookMetrics(
  families: Families,
  hooks: HookSeries,
): Pick<Metrics, "hookRan" | "whitelistLoaded"> {
  return {
    hookRan: ({ failure, ...run }) => {
      hooks.ran({ ...run, success: failure === undefined });
      if (failure !== undefined) families.hookFailures.inc({ reason: failure });
    },
    whitelistLoaded: (success) => families.whitelistLoads.inc({ success: `${success}` }),
  };
}

function serverMetrics(
  families: Families,
): Pick<Metrics, "serving" | "served" | "artifactMissing"> {
  return {
    serving: () => families.downloadsInFlight.inc(),
    served: ({ code, bytes, seconds }) => {
      families.downloadsInFlight.dec();
      families.downloads.inc({ code: `${code}` });
      families.downloadBytes.inc(bytes);
      families.downloadSeconds.observe(seconds);
    },
    artifactMissing: () => families.artifactsMissing.inc(),
  };
}
