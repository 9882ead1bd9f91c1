import { parseDuration } from "../core/duration.ts";
import type { ExternalSourceSpec, HookSpec } from "../core/external_source.ts";
import { configurationError } from "../core/step_error.ts";
import type { HookPhase, HookStep } from "./hook_step.ts";

/** The hooks of a source in their order. */
export type HookPlan = Readonly<Record<HookPhase, readonly HookStep[]>>;

/** The controller of the Go implementation waited no longer for any hook; milliseconds. */
const maxTimeoutMs = 300_000;

const noHooks: HookPlan = { preRequest: [], postRequest: [] };

/**
 * Checks the hooks of a spec that obeys its schema.
 *
 * @param defaultTimeoutMs of a hook that names none
 * @throws {StepError} class `configuration`, reason `InvalidHook`, if a time-out is no duration
 */
export function planHooks(hooks: ExternalSourceSpec["hooks"], defaultTimeoutMs: number): HookPlan {
  if (!hooks) return noHooks;
  const stepsOf = (phase: HookPhase) => {
    const specs = hooks[phase] ?? [];
    return specs.map((spec, index): HookStep => ({
      name: spec.name,
      phase,
      place: index + 1,
      count: specs.length,
      retryPolicy: spec.retryPolicy ?? "fail",
      call: {
        command: spec.command,
        args: spec.args ?? [],
        env: Object.fromEntries((spec.env ?? []).map(({ name, value }) => [name, value])),
        timeoutMs: Math.min(
          timeoutOf(spec, `spec.hooks.${phase}[${index}]`) ?? defaultTimeoutMs,
          maxTimeoutMs,
        ),
      },
    }));
  };
  return { preRequest: stepsOf("preRequest"), postRequest: stepsOf("postRequest") };
}

/** All hooks of a plan, in the order in which they run. */
export function allSteps({ preRequest, postRequest }: HookPlan): readonly HookStep[] {
  return [...preRequest, ...postRequest];
}

/** An empty text is none, as in the Go implementation. */
function timeoutOf({ timeout = "" }: HookSpec, path: string): number | undefined {
  if (timeout === "") return undefined;
  const ms = parseDuration(timeout);
  if (ms) return ms;
  throw configurationError(
    "InvalidHook",
    `Cannot use ${path}.timeout: it is not a duration such as 30s or 1m30s`,
  );
}
