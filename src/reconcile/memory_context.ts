import type { ReconcileContext, ReconcileSettings } from "./reconcile_context.ts";

/** What of the context the memory of a source begins with. */
export type MemoryContext = Pick<ReconcileContext, "clock" | "delays"> & {
  readonly settings: Pick<ReconcileSettings, "minInterval" | "maxAttempts">;
};
