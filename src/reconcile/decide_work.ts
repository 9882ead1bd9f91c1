import type { ExternalArtifact } from "../core/external_artifact.ts";
import type { ExternalSource } from "../core/external_source.ts";
import type { ArtifactFile } from "../store/artifact_store.ts";
import { publishedArtifact } from "./published_artifact.ts";
import type { SourceMemory, Unstored, Unwritten } from "./source_memory.ts";
import { type FetchReason, fetchReason } from "./trigger.ts";

/** What is to be done for a source before what it came to is published. */
export type Work =
  | { readonly kind: "fetch"; readonly reason: FetchReason }
  /** What the store refused before is put again; the upstream is not asked. */
  | { readonly kind: "store"; readonly unstored: Unstored; readonly file: ArtifactFile }
  /** What an earlier fetch came to has not reached the API server yet. */
  | { readonly kind: "write"; readonly unwritten: Unwritten }
  | { readonly kind: "keep" };

/** What decides it. */
export interface WorkFacts {
  readonly source: ExternalSource;
  readonly artifact: ExternalArtifact | undefined;
  readonly memory: Pick<
    SourceMemory,
    "nextFetchAt" | "holdUntil" | "refusedUnder" | "unstored" | "unwritten"
  >;
  /** Names the whitelist in force, if one has refused the hooks of this source. */
  readonly rules: string | undefined;
  readonly isSuspended: boolean;
  /** Whether the store holds what `status.artifact` names. */
  readonly stored: boolean;
  /** The artifact of `memory.unstored`, if it was kept. */
  readonly file: ArtifactFile | undefined;
  readonly now: number;
}

/** Steps 1 to 3 of a reconcile (DESIGN §4), as far as they are a decision. Pure. */
export function decideWork(facts: WorkFacts): Work {
  const { source, memory: { unstored }, file } = facts;
  const unwritten = unwrittenOf(facts);
  const reason = dueReason({ ...facts, source: asAnswered(source, unwritten) });
  if (!reason) return unwritten ? { kind: "write", unwritten } : { kind: "keep" };
  const asksUpstream = ["requested", "spec-changed", "whitelist-changed"].includes(reason);
  return unstored && file && !asksUpstream
    ? { kind: "store", unstored, file }
    : { kind: "fetch", reason };
}

/** What is left to be written of an earlier fetch, unless it was one of another spec. */
export function unwrittenOf(
  { source, memory: { unwritten } }: {
    readonly source: ExternalSource;
    readonly memory: Pick<SourceMemory, "unwritten">;
  },
): Unwritten | undefined {
  return unwritten?.generation === source.metadata.generation ? unwritten : undefined;
}

/** A suspended source is fetched once if a restart has lost what it publishes (DESIGN §3, `suspend`). */
function dueReason(facts: WorkFacts): FetchReason | undefined {
  if (!facts.isSuspended) return fetchReason(facts);
  const { source, memory, stored, now } = facts;
  const isLost = !stored && publishedArtifact(source) !== undefined && memory.holdUntil <= now;
  return isLost ? "artifact-missing" : undefined;
}

/** The source as it would be, had the outcome of its last fetch been written. */
function asAnswered(source: ExternalSource, unwritten: Unwritten | undefined): ExternalSource {
  if (!unwritten) return source;
  const { generation, handled } = unwritten;
  const { lastHandledReconcileAt, lastHandledArtifactReconcileAt } = source.status;
  const handledAt = {
    lastHandledReconcileAt: handled.source ?? lastHandledReconcileAt,
    lastHandledArtifactReconcileAt: handled.artifact ?? lastHandledArtifactReconcileAt,
  };
  const answered = Object.entries(handledAt).filter(([, value]) => value !== undefined);
  const status = { ...source.status, observedGeneration: generation };
  return { ...source, status: { ...status, ...Object.fromEntries(answered) } };
}
