import { StepError } from "../core/step_error.ts";
import type { HookResult } from "./hook_runner.ts";
import { type HookStep, nameStep } from "./hook_step.ts";

/** Why a run failed, for policies and metrics. */
export type HookFailureKind =
  | HookResult["end"]["kind"]
  /** What it printed cannot be used. */
  | "invalid"
  /** It could not be run, for a reason that is not the hook's. */
  | "unavailable"
  /** The executor does not allow what the whitelist here allows: one of the two is about to be read anew. */
  | "refused";

/** One run of a hook that failed, before its retry policy has had its say. */
export class HookFailure extends Error {
  override readonly name = "HookFailure";

  /** @param state for a condition: no part of the document, of standard error or of a value of `env` */
  constructor(readonly kind: HookFailureKind, readonly state: string, options?: ErrorOptions) {
    super(state, options);
  }

  /** The failure as the reconcile sees it: class `hook`, reason `HookFailed`. */
  toStepError(step: HookStep): StepError {
    return new StepError(`${nameStep(step)}: ${this.state}`, {
      class: "hook",
      reason: "HookFailed",
      cause: this.cause,
    });
  }
}

/** The failure that a run ended with; undefined if it went well. */
export function failureOfRun({ end, durationMs }: HookResult): HookFailure | undefined {
  const after = `after ${Math.round(durationMs)} ms`;
  switch (end.kind) {
    case "exit":
      return end.code === 0 ? undefined : new HookFailure(end.kind, `exit ${end.code} ${after}`);
    case "signal":
      return new HookFailure(end.kind, `ended by ${end.signal} ${after}`);
    case "timeout":
      return new HookFailure(end.kind, `time-out ${after}`);
    case "output":
      return new HookFailure(end.kind, `printed more than ${end.maxBytes} bytes`);
    case "absent":
      return new HookFailure(end.kind, end.state);
  }
}
