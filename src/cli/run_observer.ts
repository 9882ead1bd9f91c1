import type { Clock } from "../core/clock.ts";
import type { ExternalSource } from "../core/external_source.ts";
import type { SourceKey } from "../core/source_key.ts";
import type { LimitsObserver } from "../queue/limits_observer.ts";
import type { QueueObserver } from "../queue/queue_observer.ts";
import type { ReconcileResult } from "../reconcile/reconcile_source.ts";
import type { Log } from "../telemetry/log.ts";
import type { LogFields } from "../telemetry/log_fields.ts";
import type { Metrics } from "../telemetry/metrics.ts";

/** What is told of each run. */
export interface RunObserverParts {
  readonly clock: Clock;
  /** Milliseconds since the epoch as the machine has them: Prometheus compares a moment with its own. */
  readonly wallNow: () => number;
  readonly log: Log;
  readonly metrics: Metrics;
  readonly sourceOf: (key: SourceKey) => ExternalSource | undefined;
  /** What is to be said of the hooks of a reconcile that has ended. */
  readonly hooksOf: (key: SourceKey) => LogFields;
  readonly onOutcome: (key: SourceKey, result: ReconcileResult) => void;
  /** Whether this replica still works on a source; what it does not work on any more it may not write. */
  readonly isOurs: (uid: string) => boolean;
  /** Nothing is written: what would have been is announced by whoever withholds it. */
  readonly isReadOnly?: boolean;
}

/** Counts each reconcile and logs one line an outcome; a run that found nothing to do is logged at debug. */
export function observeRuns(
  parts: RunObserverParts,
): (key: SourceKey, reconcile: () => Promise<ReconcileResult>) => Promise<ReconcileResult> {
  const { clock, wallNow, log, metrics, sourceOf, hooksOf, onOutcome, isOurs, isReadOnly = false } =
    parts;
  return async (key, reconcile) => {
    const start = clock.now();
    metrics.reconciling({ key, sourceType: sourceTypeOf(sourceOf(key)) });
    const tell = (
      ended: Pick<Parameters<Metrics["reconciled"]>[0], "success" | "result" | "answeredAt">,
    ) => metrics.reconciled({ key, ...ended, seconds: (clock.now() - start) / 1_000 });
    try {
      const result = await reconcile();
      const { kind } = result.outcome;
      const uid = sourceOf(key)?.metadata.uid;
      const isGivenUp = kind === "unwritten" && uid !== undefined && !isOurs(uid);
      const success = isGivenUp || !["failed", "unwritten"].includes(kind);
      const requeued = kind === "conflict"
        ? "requeue"
        : result.requeueAt
        ? "requeue_after"
        : "success";
      const answeredAt = kind === "published" && result.fetched ? wallNow() : undefined;
      tell({ success, result: success ? requeued : "error", answeredAt });
      const milliseconds = clock.now() - start;
      const told = { result, milliseconds, metrics, isReadOnly, isGivenUp };
      logOutcome(log.with(hooksOf(key)), key, told);
      onOutcome(key, result);
      return result;
    } catch (error) {
      hooksOf(key); // an aborted reconcile has no line
      tell({ success: false, result: "error" });
      throw error;
    }
  };
}

/** The queue's own figures. */
export function observeQueue(
  { log, metrics }: Pick<RunObserverParts, "log" | "metrics">,
): QueueObserver<SourceKey> {
  return {
    added: () => metrics.queued("new"),
    requeued: () => metrics.queued("retry"),
    started: (_key, waitedMs) => metrics.dequeued(waitedMs / 1_000),
    finished: (_key, ranMs) => metrics.worked(ranMs / 1_000),
    crashed: (key, error) => {
      metrics.bugSeen();
      log.bug("a reconcile ended with an unexpected error", error, { source: key });
    },
  };
}

/** How late requests are sent. */
export function observeLimits(metrics: Pick<Metrics, "requestAllowed">): LimitsObserver {
  return {
    granted: ({ priority }, { lateMs, isPaced }) =>
      metrics.requestAllowed({ class: priority, paced: isPaced, seconds: lateMs / 1_000 }),
  };
}

function sourceTypeOf(source: ExternalSource | undefined): string {
  const spec = source?.spec as
    | { readonly generator?: { readonly type?: unknown } }
    | null
    | undefined;
  return typeof spec?.generator?.type === "string" ? spec.generator.type : "unknown";
}

interface Told {
  readonly result: ReconcileResult;
  readonly milliseconds: number;
  readonly metrics: Metrics;
  readonly isReadOnly: boolean;
  readonly isGivenUp: boolean;
}

function logOutcome(log: Log, key: SourceKey, told: Told): void {
  const { result, milliseconds, metrics, isReadOnly, isGivenUp } = told;
  const { outcome, fetched } = result;
  const fields = { source: key, durationMs: milliseconds, fetched };
  switch (outcome.kind) {
    case "published": {
      const { revision, url } = outcome.artifact;
      if (!result.changed) return log.debug("unchanged", { ...fields, revision });
      if (isReadOnly) return log.debug("read-only: not published", { ...fields, revision });
      return log.info("published", { ...fields, revision, url });
    }
    case "failed": {
      const { failure } = outcome;
      if (failure.class === "bug") {
        metrics.bugSeen();
        return log.bug("reconcile failed", failure.error, fields);
      }
      // Without Flux each source looks again every 10 s: a line each time would bury everything else.
      if (!result.tried && !result.changed) {
        return log.debug("still failing", { ...fields, reason: failure.reason });
      }
      const details = {
        ...fields,
        reason: failure.reason,
        class: failure.class,
        error: failure.error,
      };
      return log.error("reconcile failed", details);
    }
    case "unwritten":
      // One line tells how many sources others have now.
      if (isGivenUp) return log.debug("given up: another replica works on it", fields);
      return log.error("the API server did not take the outcome", {
        ...fields,
        error: outcome.error,
      });
    default:
      return log.debug(outcome.kind, fields);
  }
}
