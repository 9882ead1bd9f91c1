import type { ExternalArtifact } from "../core/external_artifact.ts";
import type { ExternalSource } from "../core/external_source.ts";
import { StepError } from "../core/step_error.ts";
import { planSource } from "./plan_source.ts";
import type { ReconcileContext } from "./reconcile_context.ts";
import { initialMemory } from "./source_memory.ts";
import { isRequested } from "./trigger.ts";

/** What a start knows of a source. */
export interface StartFacts {
  readonly source: ExternalSource;
  readonly artifact: ExternalArtifact | undefined;
}

/**
 * Whether the first reconcile after a start would ask the upstream, and nobody waits for that: of a source that was never
 * fetched, or is changed since, or was being retried. Many such are to be spread.
 */
export function isFetchedFirst(
  { source, artifact }: StartFacts,
  context: Parameters<typeof initialMemory>[1],
): boolean {
  const { metadata, status } = source;
  if (metadata.deletionTimestamp !== undefined || isRequested(source, artifact)) return false;
  return status.observedGeneration !== metadata.generation ||
    initialMemory(source, context).nextFetchAt <= context.clock.now();
}

/** A host that wants no request of a namespace. */
export interface RememberedHold {
  readonly namespace: string;
  readonly host: string;
  /** Milliseconds for which it wants none yet. */
  readonly holdMs: number;
}

/**
 * What the status of a source tells of its host after a restart, for all that ask it. Where hooks choose the host, that is
 * not known.
 */
export function rememberedHold(
  source: ExternalSource,
  { clock, generators, settings }: Pick<ReconcileContext, "clock" | "generators" | "settings">,
): RememberedHold | undefined {
  const { metadata: { namespace, generation }, status } = source;
  const { nextAttemptTime, nextAttemptHeld, observedGeneration } = status;
  const holdMs = Date.parse(nextAttemptTime ?? "") - clock.now();
  if (!nextAttemptHeld || observedGeneration !== generation || !(holdMs > 0)) return undefined;
  try {
    const { prepared, hooks } = planSource(source, { ...settings, generators });
    return hooks.preRequest.length > 0 ? undefined : { namespace, host: prepared.host, holdMs };
  } catch (error) {
    if (error instanceof StepError) return undefined; // a spec that cannot be used any more asks nobody
    throw error;
  }
}
