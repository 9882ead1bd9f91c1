import type { Repair } from "../reconcile/repair_artifact.ts";
import type { Log } from "../telemetry/log.ts";
import type { Metrics } from "../telemetry/metrics.ts";

/** Counts each artifact that the store did not have as it was published, and logs one line: whether it is back already. */
export function observeRepairs(
  { log, metrics }: {
    readonly log: Pick<Log, "warn">;
    readonly metrics: Pick<Metrics, "artifactRepaired">;
  },
): (repair: Repair) => void {
  return ({ key, artifact, state, recovered }) => {
    metrics.artifactRepaired(state);
    const fields = { source: key, artifact: artifact.path, state, recovered };
    log.warn(recovered ? "mended the store" : "the store lacks a published artifact", fields);
  };
}
