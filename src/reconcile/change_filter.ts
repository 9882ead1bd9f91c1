import { legacyFinalizer } from "../core/api_names.ts";
import type { ExternalArtifact } from "../core/external_artifact.ts";
import type { ExternalSource } from "../core/external_source.ts";
import type { ObjectChange } from "../objects/objects.ts";
import type { SourceMemories } from "./source_memory.ts";
import { isRequested } from "./trigger.ts";

/** What a change of an object means for the queue. */
export type Reaction = "ignore" | "reconcile" | "reconcile-urgently";

/** What a change is judged against. */
export interface ChangeContext {
  readonly memories: SourceMemories;
  /** The cached objects of the key that changed. */
  readonly source: ExternalSource | undefined;
  readonly artifact: ExternalArtifact | undefined;
}

/**
 * Whether a change is worth a reconcile: our own writes come back through the watch and are not; what a person does (a
 * new spec, a trigger, a deleted ExternalArtifact) goes before what is merely due.
 */
export function reactionTo(change: ObjectChange, context: ChangeContext): Reaction {
  const { source, artifact } = context;
  if (!source) return change.kind === "ExternalSource" ? "reconcile" : "ignore";
  if (!change.before && change.kind === "ExternalSource") return "reconcile";
  if (isRequested(source, artifact)) return "reconcile-urgently";
  if (change.kind === "ExternalArtifact") return reactionToArtifact(change, context);
  const before = change.before as ExternalSource | undefined;
  const edited = before?.metadata.generation !== source.metadata.generation ||
    before.metadata.uid !== source.metadata.uid ||
    source.metadata.deletionTimestamp !== undefined ||
    source.metadata.finalizers?.includes(legacyFinalizer) === true;
  return edited ? "reconcile-urgently" : "ignore";
}

function reactionToArtifact(change: ObjectChange, { memories }: ChangeContext): Reaction {
  if (!change.after) return "reconcile-urgently";
  const version = change.after.metadata.resourceVersion;
  const key = change.key;
  const memory = memories.get(key);
  if (memory?.isPublishing || memory?.artifactVersion === version) return "ignore";
  return change.before ? "reconcile-urgently" : "reconcile";
}
