import type { ExternalArtifact } from "../core/external_artifact.ts";
import type { ExternalSource } from "../core/external_source.ts";
import { controllerOf } from "../core/object_meta.ts";
import { publishedArtifact } from "./published_artifact.ts";
import type { LastDocument } from "./source_memory.ts";

/**
 * What an ExternalArtifact publishes that the status of its source does not tell of yet: whoever wrote the former ended
 * before the latter. It stays published, because to go back to what the status names would undo a roll-out; what it was
 * made under is unknown, so that the next fetch is in full.
 *
 * @returns undefined if the status tells of all there is, or the ExternalArtifact is not as we write one
 */
export function unfinishedPublication(
  source: ExternalSource,
  artifact: ExternalArtifact | undefined,
): LastDocument | undefined {
  const { metadata } = source;
  if (!artifact || controllerOf(artifact.metadata)?.uid !== metadata.uid) return undefined;
  const [made, told] = [artifact, source].map(({ status }) =>
    publishedArtifact({ metadata, status })
  );
  if (!made || made.path === told?.path) return undefined;
  if (told && Date.parse(made.lastUpdateTime) < Date.parse(told.lastUpdateTime)) return undefined;
  const { path, revision, digest, size } = made;
  const content = { path, revision, digest, size };
  return { fingerprint: undefined, sha256: "", path: "", validators: {}, content };
}
