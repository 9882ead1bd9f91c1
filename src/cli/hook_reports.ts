import { type SourceKey, sourceKey } from "../core/source_key.ts";
import type { Log } from "../telemetry/log.ts";
import type { LogFields } from "../telemetry/log_fields.ts";
import type { Metrics } from "../telemetry/metrics.ts";
import type { HookRun } from "./measured_hooks.ts";

/** Of standard error so much is logged, in characters (DESIGN §5). */
const maxStderr = 4_096;

interface Tally {
  runs: number;
  failed: number;
  seconds: number;
}

/** What is told of hooks: a count of each run, a line at debug, and a sum in the one line of the reconcile's outcome. */
export class HookReports {
  readonly #log: Pick<Log, "debug">;
  readonly #metrics: Pick<Metrics, "hookRan">;
  /** Of the reconciles that are going on. */
  readonly #tallies = new Map<SourceKey, Tally>();

  constructor({ log, metrics }: {
    readonly log: Pick<Log, "debug">;
    readonly metrics: Pick<Metrics, "hookRan">;
  }) {
    this.#log = log;
    this.#metrics = metrics;
  }

  /** One run has ended. */
  ran({ source, step, seconds, failure, result }: HookRun): void {
    const key = sourceKey(source);
    const { name, phase, place, count, retryPolicy } = step;
    this.#metrics.hookRan({ key, name, retryPolicy, seconds, failure });
    const tally = this.#tallies.get(key) ?? { runs: 0, failed: 0, seconds: 0 };
    tally.runs++;
    tally.seconds += seconds;
    if (failure !== undefined) tally.failed++;
    this.#tallies.set(key, tally);
    this.#log.debug("hook", {
      source: key,
      hook: name,
      place: `${phase} ${place} of ${count}`,
      durationMs: Math.round(seconds * 1_000),
      failure,
      exitCode: result?.end.kind === "exit" ? result.end.code : undefined,
      stderr: result?.stderr ? result.stderr.slice(0, maxStderr) : undefined,
    });
  }

  /** Fields for the line of a reconcile that has ended; none if it ran no hooks. */
  take(key: SourceKey): LogFields {
    const tally = this.#tallies.get(key);
    if (!tally) return {};
    this.#tallies.delete(key);
    const { runs, failed, seconds } = tally;
    return { hookRuns: runs, hookFailures: failed, hookDurationMs: Math.round(seconds * 1_000) };
  }
}
