import type { ExternalSource } from "../core/external_source.ts";
import { failuresAfter } from "./next_status.ts";
import type { SourceMemory, Unwritten } from "./source_memory.ts";

/** What tells how often a source has failed. */
export interface FailureRecord {
  readonly source: Pick<ExternalSource, "metadata" | "status">;
  readonly memory: Pick<SourceMemory, "failures">;
  /** What an earlier fetch under this spec came to, if no status tells of it yet. */
  readonly unwritten: Unwritten | undefined;
  /** Whether a new fetch has taken the place of that one. */
  readonly isFollowed: boolean;
}

/**
 * Failed reconciles in a row before the outcome that is to be written, under the same spec. What could not be written
 * counts as well: else a source whose status cannot be written would never back off.
 */
export function failuresBefore({ source, memory, unwritten, isFollowed }: FailureRecord): number {
  const { metadata: { generation }, status } = source;
  if (!unwritten) return status.observedGeneration === generation ? memory.failures : 0;
  const { failures, outcome } = unwritten;
  return isFollowed ? failuresAfter(failures, outcome) : failures;
}
