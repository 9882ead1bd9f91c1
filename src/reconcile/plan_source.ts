import { resolveDestinationPath } from "../core/destination_path.ts";
import {
  describeSpec,
  type ExternalSource,
  type ExternalSourceSpec,
} from "../core/external_source.ts";
import { parseDuration } from "../core/duration.ts";
import { formatProblem } from "../core/format_problem.ts";
import { mapValues } from "../core/map_values.ts";
import { findProblems } from "../core/problems.ts";
import { configurationError } from "../core/step_error.ts";
import type { Generator, PreparedSource } from "../generate/generator.ts";
import { type HookPlan, planHooks } from "../hooks/plan_hooks.ts";

/** A spec that has been checked, and what it asks for. */
export interface SourcePlan {
  readonly spec: ExternalSourceSpec;
  readonly prepared: PreparedSource;
  readonly hooks: HookPlan;
  /** Milliseconds; not below the minimum. */
  readonly interval: number;
  /** What a user should be warned of, once. */
  readonly warnings: readonly { readonly reason: string; readonly message: string }[];
}

/** What a plan is made with. */
export interface PlanOptions {
  readonly generators: Readonly<Record<string, Generator>>;
  /** Milliseconds. */
  readonly minInterval: number;
  /** Of a hook that names no time-out, in milliseconds. */
  readonly hookTimeout: number;
}

/**
 * Checks a spec, which may have been stored under an older CRD, and prepares its generator.
 *
 * @throws {StepError} class `configuration`, naming every mistake
 */
export function planSource(source: Pick<ExternalSource, "spec">, options: PlanOptions): SourcePlan {
  const spec = checkSpec(source.spec, options.generators);
  const hooks = planHooks(spec.hooks, options.hookTimeout);
  // No URL is needed to refuse a path, nor a document.
  resolveDestinationPath(spec.destinationPath, "");
  const wanted = parseDuration(spec.interval);
  if (wanted === undefined) {
    throw configurationError(
      "InvalidInterval",
      `Cannot use spec.interval ${
        JSON.stringify(spec.interval)
      }: it is not a duration such as 5m or 1h30m`,
    );
  }
  const { type } = spec.generator;
  const prepared = options.generators[type]!.prepare(spec.generator[type]);
  const interval = Math.max(wanted, options.minInterval);
  return {
    spec,
    prepared,
    hooks,
    interval,
    warnings: [...warningsOf(spec, wanted, options.minInterval), ...prepared.warnings],
  };
}

/** Built once: every reconcile checks its spec. */
const schemas = new WeakMap<PlanOptions["generators"], ReturnType<typeof describeSpec>>();

function schemaWith(generators: PlanOptions["generators"]): ReturnType<typeof describeSpec> {
  const known = schemas.get(generators);
  if (known) return known;
  const schema = describeSpec(mapValues(generators, (generator) => generator.schema));
  schemas.set(generators, schema);
  return schema;
}

function checkSpec(spec: unknown, generators: PlanOptions["generators"]): ExternalSourceSpec {
  const problems = findProblems(schemaWith(generators), spec);
  if (problems.length > 0) {
    const isInterval = problems.every(({ path }) => path[0] === "interval");
    throw configurationError(
      isInterval ? "InvalidInterval" : "InvalidSpec",
      `Cannot use the spec: ${
        problems.map((problem) => formatProblem(problem, "spec")).join("; ")
      }`,
    );
  }
  // The schema of the generators' union is built at run time; what findProblems() passed has this shape.
  return spec as ExternalSourceSpec;
}

function warningsOf(
  spec: ExternalSourceSpec,
  wanted: number,
  minInterval: number,
): SourcePlan["warnings"] {
  const warnings = [];
  if (wanted < minInterval) {
    warnings.push({
      reason: "IntervalRaised",
      message: `spec.interval ${spec.interval} is below the minimum; ${
        minInterval / 1_000
      }s is used`,
    });
  }
  if (spec.transform !== undefined) {
    warnings.push({
      reason: "TransformIgnored",
      message: "spec.transform is deprecated and has no effect; use spec.hooks",
    });
  }
  return warnings;
}
