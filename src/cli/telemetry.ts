import type { Clock } from "../core/clock.ts";
import { createLog, type Log } from "../telemetry/log.ts";
import { createMetrics, type Metrics } from "../telemetry/metrics.ts";
import { createRedactor, type Redactor } from "../telemetry/redactor.ts";
import type { Samples } from "../telemetry/sampled_metrics.ts";
import { writeStderr } from "../telemetry/write_stderr.ts";
import { version } from "./version.ts";

/** What a long-running command says of itself. */
export interface Telemetry {
  readonly log: Log;
  readonly metrics: Metrics;
  readonly redactor: Redactor;
}

/** Log, metrics and redaction of one process. */
export function createTelemetry(
  settings: { readonly logLevel: string; readonly logEncoding: string },
  { clock, samples, write = writeStderr }: {
    readonly clock: Clock;
    readonly samples: Samples;
    readonly write?: (line: string) => void;
  },
): Telemetry {
  const redactor = createRedactor();
  const redact = (text: string) => redactor.redact(text);
  return {
    redactor,
    log: createLog({
      level: settings.logLevel,
      encoding: settings.logEncoding,
      clock,
      redact,
      write,
    }),
    metrics: createMetrics({ version, startedAt: clock.now(), samples }),
  };
}
