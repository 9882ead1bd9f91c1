import { parseArtifactKey } from "../core/artifact_key.ts";
import { sourceKey } from "../core/source_key.ts";
import type { Objects } from "../objects/objects.ts";
import type { SourceMemories } from "./source_memory.ts";
import { isNamed } from "./sweep_store.ts";

/** Whose word counts on what is needed. */
export interface WantedContext {
  readonly objects: Pick<Objects, "sources" | "artifacts">;
  readonly memories: SourceMemories;
}

/** Whether an artifact key is published, or a reconcile stores or publishes it now: it is not to be deleted. */
export function isWanted(key: string, { objects, memories }: WantedContext): boolean {
  const parts = parseArtifactKey(key);
  if (!parts) return false;
  const memory = memories.get(sourceKey(parts));
  const coming = [
    memory?.unstored?.document.content,
    memory?.lastDocument?.content,
    memory?.unwritten?.outcome.artifact,
  ];
  return coming.some((content) => content?.path === key) || isNamed(objects, key);
}
