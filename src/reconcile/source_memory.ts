import type { StoredContent } from "../core/artifact.ts";
import type { Validators } from "../core/document.ts";
import { parseDuration } from "../core/duration.ts";
import type { ExternalSource } from "../core/external_source.ts";
import { type SourceKey, sourceKey } from "../core/source_key.ts";
import type { ReconcileContext } from "./reconcile_context.ts";
import { publishedArtifact } from "./trigger.ts";

/** The document that a source was last made from, as far as it spares work next time. */
export interface LastDocument {
  /** What it was made under (DESIGN §4, step 2). */
  readonly fingerprint: string;
  readonly sha256: string;
  /** Its path in the archive. */
  readonly path: string;
  readonly validators: Validators;
  /** What it became; newer than `status.artifact` while publishing it fails. */
  readonly content: StoredContent;
}

/** What this process knows of a source beside its status; losing it costs one fetch in full. */
export interface SourceMemory {
  /** When the next fetch is due, in milliseconds since the epoch. */
  nextFetchAt: number;
  /** Until when the upstream asked to be left alone; a trigger does not override it. */
  holdUntil: number;
  /** Failed attempts in a row, of every class. */
  waits: number;
  lastDocument: LastDocument | undefined;
  /** resourceVersion of the ExternalArtifact that our last write returned. */
  artifactVersion: string | undefined;
  /** Warnings already told, so that each makes one event. */
  readonly warned: Set<string>;
}

/** The memories of all sources. */
export type SourceMemories = Map<SourceKey, SourceMemory>;

/**
 * The memory of a source that this process sees for the first time. One that is published already is next fetched at a
 * moment of its interval that depends on its key, so that a restart is no stampede (DESIGN §14: start without an upstream fetch); a wait
 * that outlived the restart is honoured.
 */
export function initialMemory(
  source: ExternalSource,
  { clock, delays, settings }: Pick<ReconcileContext, "clock" | "delays" | "settings">,
): SourceMemory {
  const now = clock.now();
  const waitUntil = Date.parse(source.status.nextAttemptTime ?? "");
  const hold = waitUntil > now ? waitUntil : 0;
  const interval = Math.max(intervalOf(source), settings.minInterval);
  const published = publishedArtifact(source) !== undefined;
  return {
    nextFetchAt: hold ||
      (published ? now + delays.spread(sourceKey(source.metadata), interval) : now),
    holdUntil: hold,
    waits: 0,
    lastDocument: undefined,
    artifactVersion: undefined,
    warned: new Set(),
  };
}

function intervalOf({ spec }: ExternalSource): number {
  const interval = (spec as { readonly interval?: unknown } | null | undefined)?.interval;
  return typeof interval === "string" ? parseDuration(interval) ?? 0 : 0;
}
