import type { ExternalSource } from "../core/external_source.ts";
import type { SourceMemory } from "./source_memory.ts";

/** How a reconcile was started. */
export interface ReconcileRun {
  /** Somebody waits for it: it goes before what is merely due. */
  readonly urgent: boolean;
  readonly signal: AbortSignal;
}

/** One source, and what this process knows of it. */
export interface Subject {
  readonly source: ExternalSource;
  readonly memory: SourceMemory;
  readonly run: ReconcileRun;
}
