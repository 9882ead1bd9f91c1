import type { ExternalSource } from "../core/external_source.ts";
import type { Priority } from "../core/priority.ts";
import type { SourceMemory } from "./source_memory.ts";

/** How a reconcile was started. */
export interface ReconcileRun {
  readonly priority: Priority;
  /** When it was wanted, in milliseconds since the epoch. */
  readonly dueAt: number;
  readonly signal: AbortSignal;
}

/** One source, and what this process knows of it. */
export interface Subject {
  readonly source: ExternalSource;
  readonly memory: SourceMemory;
  readonly run: ReconcileRun;
}
