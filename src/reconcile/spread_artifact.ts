import type { ReconcileContext } from "./reconcile_context.ts";
import type { SourceMemory } from "./source_memory.ts";
import type { StatusWriter } from "./status_writer.ts";

/**
 * Lets other replicas have a stored artifact before it is published, so that the end of this one leaves no dead URL. That
 * there are too few copies is said in an event and delays nothing further: a consumer is better off with the new document.
 */
export async function spreadArtifact(
  { copies }: Pick<ReconcileContext, "copies">,
  key: string,
  { writer, memory }: { readonly writer: StatusWriter; readonly memory: SourceMemory },
): Promise<void> {
  const lacking = await copies.spread(key);
  if (lacking === undefined) return;
  const message = `publishing an artifact that has too few copies: ${lacking}`;
  writer.warn([{ reason: "CopiesMissing", message }], memory);
}
