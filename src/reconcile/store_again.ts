import type { ArtifactFile } from "../store/artifact_store.ts";
import { addressArtifact } from "./make_artifact.ts";
import type { Outcome } from "./next_status.ts";
import type { ReconcileContext } from "./reconcile_context.ts";
import { spreadArtifact } from "./spread_artifact.ts";
import type { Unstored } from "./source_memory.ts";
import type { StatusWriter } from "./status_writer.ts";
import type { Subject } from "./subject.ts";

/** An artifact that the store has refused, and the file of it that was kept. */
export interface StoreAgainOptions {
  readonly writer: StatusWriter;
  readonly unstored: Unstored;
  readonly file: ArtifactFile;
}

/**
 * Another try at step 7 of a reconcile alone: what the store refused is put again, so that a full disk here costs the
 * upstream nothing (DESIGN §5, class `storage`).
 *
 * @throws {StepError} class `storage` if the store refuses it again
 */
export async function storeAgain(
  context: ReconcileContext,
  { source, memory, run }: Subject,
  { writer, unstored: { document, nextFetchAt }, file }: StoreAgainOptions,
): Promise<Extract<Outcome, { kind: "published" }>> {
  const { content, fingerprint, validators: { etag } } = document;
  const release = await context.workerSlot(run.priority, run.signal);
  try {
    await writer.during("Storing", () => context.store.put(content.path, file));
  } finally {
    release();
  }
  await spreadArtifact(context, content.path, { writer, memory });
  memory.unstored = undefined;
  memory.lastDocument = document;
  memory.nextFetchAt = Math.max(nextFetchAt, context.clock.now());
  const artifact = addressArtifact(context, source, content);
  return { kind: "published", artifact, fingerprint, etag };
}
