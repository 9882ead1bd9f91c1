import type { Clock } from "../core/clock.ts";
import type { NamespacedName } from "../core/source_key.ts";
import { StepError } from "../core/step_error.ts";
import { failureOfRun, HookFailure } from "../hooks/hook_failure.ts";
import { HookRefused } from "../hooks/hook_refused.ts";
import type { HookResult } from "../hooks/hook_runner.ts";
import type { HookStage } from "../hooks/hook_stage.ts";
import type { HookStep } from "../hooks/hook_step.ts";
import { HookUnavailable } from "../hooks/hook_unavailable.ts";

/** One run of a hook, after it. */
export interface HookRun {
  readonly source: NamespacedName;
  readonly step: HookStep;
  readonly seconds: number;
  /** A word for metrics; undefined: it went well. */
  readonly failure: string | undefined;
  /** How it ended, if it ran at all. */
  readonly result: HookResult | undefined;
}

/** A stage whose runs are told of; one that the end of the program cuts off is not. */
export function measuredHooks(
  stage: HookStage,
  { clock, onRun }: { readonly clock: Clock; readonly onRun: (run: HookRun) => void },
): HookStage {
  return {
    rules: () => stage.rules(),
    check: (steps) => stage.check(steps),
    async run(step, streams, source) {
      const start = clock.now();
      const tell = (failure: string | undefined, result: HookResult | undefined) =>
        onRun({ source, step, seconds: (clock.now() - start) / 1_000, failure, result });
      try {
        const result = await stage.run(step, streams, source);
        tell(failureOfRun(result)?.kind, result);
        return result;
      } catch (error) {
        const failure = wordFor(error);
        if (failure !== undefined || !streams.signal.aborted) tell(failure ?? "error", undefined);
        throw error;
      }
    },
  };
}

function wordFor(error: unknown): string | undefined {
  if (error instanceof HookFailure) return error.kind;
  if (error instanceof HookRefused) return "refused";
  if (error instanceof HookUnavailable) return "unavailable";
  return error instanceof StepError ? error.class : undefined;
}
