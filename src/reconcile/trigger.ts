import { requestedAtAnnotation } from "../core/api_names.ts";
import type { ExternalArtifact } from "../core/external_artifact.ts";
import type { ExternalSource } from "../core/external_source.ts";
import type { Handled } from "./next_status.ts";
import { publishedArtifact } from "./published_artifact.ts";
import type { SourceMemory } from "./source_memory.ts";

/** Why a source is fetched now. */
export type FetchReason =
  | "spec-changed"
  | "requested"
  | "whitelist-changed"
  | "interval"
  | "artifact-missing";

/** The objects and facts that decide whether a source is fetched. */
export interface TriggerFacts {
  readonly source: ExternalSource;
  readonly artifact: ExternalArtifact | undefined;
  readonly memory: Pick<SourceMemory, "nextFetchAt" | "holdUntil" | "refusedUnder">;
  /** Names the whitelist in force, if one has refused the hooks of this source. */
  readonly rules: string | undefined;
  /** Whether the store holds what `status.artifact` names. */
  readonly stored: boolean;
  readonly now: number;
}

/**
 * Why a source is to be fetched now, or undefined if it is not. A changed spec may name another upstream, so it alone
 * overrides a wait that the upstream asked this source for; a host that wants no request of the namespace gets none for
 * that either (`RequestLimits`).
 */
export function fetchReason(facts: TriggerFacts): FetchReason | undefined {
  const { source, memory, stored, now } = facts;
  if (source.status.observedGeneration !== source.metadata.generation) return "spec-changed";
  if (memory.holdUntil > now) return undefined;
  if (isRequested(source, facts.artifact)) return "requested";
  if (memory.refusedUnder !== facts.rules) return "whitelist-changed";
  if (memory.nextFetchAt <= now) return "interval";
  return stored || !publishedArtifact(source) ? undefined : "artifact-missing";
}

/** The values of `requestedAt` that are set now. */
export function requestsOf(
  source: ExternalSource,
  artifact: ExternalArtifact | undefined,
): Handled {
  return {
    source: source.metadata.annotations?.[requestedAtAnnotation],
    artifact: artifact?.metadata.annotations?.[requestedAtAnnotation],
  };
}

/** Whether somebody asks for a reconcile that has not been answered yet. */
export function isRequested(
  source: ExternalSource,
  artifact: ExternalArtifact | undefined,
): boolean {
  const { lastHandledReconcileAt, lastHandledArtifactReconcileAt } = source.status;
  const requested = requestsOf(source, artifact);
  return (requested.source !== undefined && requested.source !== lastHandledReconcileAt) ||
    (requested.artifact !== undefined && requested.artifact !== lastHandledArtifactReconcileAt);
}
