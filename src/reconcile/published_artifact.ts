import type { Artifact } from "../core/artifact.ts";
import { parseArtifactKey } from "../core/artifact_key.ts";
import type { ExternalSource } from "../core/external_source.ts";
import { hexOf } from "../core/revision.ts";

/**
 * The artifact that a source's status names, or undefined: there is none, or it is one of the Go implementation, which
 * names no digest of the file.
 */
export function publishedArtifact(
  source: Pick<ExternalSource, "metadata" | "status">,
): Artifact | undefined {
  const { artifact } = source.status;
  const key = artifact && parseArtifactKey(artifact.path ?? "");
  const { namespace, name } = source.metadata;
  const own = key && key.namespace === namespace && key.name === name &&
    hexOf(artifact.digest ?? "") === key.hex;
  return own ? artifact : undefined;
}
