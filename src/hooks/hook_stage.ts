import { setImmediate } from "node:timers/promises";
import type { NamespacedName } from "../core/source_key.ts";
import { StepError } from "../core/step_error.ts";
import { callProblem } from "./check_call.ts";
import type { HookCall } from "./hook_call.ts";
import { failureOfRun, HookFailure } from "./hook_failure.ts";
import type { HookResult, HookRunner, HookStreams } from "./hook_runner.ts";
import { type HookStep, nameStep } from "./hook_step.ts";
import type { Whitelist } from "./whitelist_check.ts";

/** The streams of a hook, and what becomes of its output. */
export interface StageStreams extends HookStreams {
  /** Called after a run that ended well. @throws {HookFailure} if what was printed cannot be used */
  accept?(): void;
}

/** Where hooks are allowed and run; wrapped by telemetry. Nothing of it is called for a source without hooks. */
export interface HookStage {
  /** Names the whitelist in force: part of the fingerprint of a source with hooks. */
  rules(): string;
  /**
   * Says before anything is asked of an upstream whether all hooks may run.
   *
   * @throws {StepError} class `hook-not-allowed` if the whitelist refuses one; class `hook` if there is no whitelist
   */
  check(steps: readonly HookStep[]): Promise<void>;
  /** One run of a hook of `source`. @throws as {@linkcode HookRunner.run}, and what `accept` throws */
  run(step: HookStep, streams: StageStreams, source: NamespacedName): Promise<HookResult>;
}

/** What a stage is made of. */
export interface HookStageParts {
  readonly runner: HookRunner;
  /** Undefined while there is none that can be used. */
  readonly whitelist: () => Whitelist | undefined;
  /** Why there is none, for a condition: names the file. */
  readonly missing: () => string;
}

/** What stands for the hash of a whitelist that is not there. */
const noRules = "none";

/** Hooks that run where `runner` runs them, as far as the whitelist allows. */
export function createHookStage({ runner, whitelist, missing }: HookStageParts): HookStage {
  return {
    rules: () => whitelist()?.hash ?? noRules,
    async check(steps) {
      const rules = whitelist();
      for (const step of steps) {
        if (!rules) throw new HookFailure("unavailable", missing()).toStepError(step);
        const reason = refusalOf(step.call, rules);
        if (reason !== undefined) throw notAllowed(step, reason);
        // A long argument takes patterns some milliseconds, and a spec may have many.
        await setImmediate();
      }
    },
    async run(step, streams) {
      const result = await runner.run(step.call, streams);
      if (!failureOfRun(result)) streams.accept?.();
      return result;
    },
  };
}

/** Where no hook may run at all. @param reason in words for a user, such as what to start the program with */
export function refuseHooks(reason: string): HookStage {
  return {
    rules: () => noRules,
    async check([step]) {
      if (step) throw notAllowed(step, reason);
    },
    run: (step) => Promise.reject(notAllowed(step, reason)),
  };
}

function refusalOf(call: HookCall, rules: Whitelist): string | undefined {
  const problem = callProblem(call);
  if (problem !== undefined) return problem;
  const verdict = rules.check(call);
  return verdict.allowed ? undefined : verdict.reason;
}

function notAllowed(step: HookStep, reason: string): StepError {
  return new StepError(`${nameStep(step)} is not allowed: ${reason}`, {
    class: "hook-not-allowed",
    reason: "HookNotAllowed",
  });
}
