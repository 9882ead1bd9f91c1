import type { Artifact } from "../core/artifact.ts";
import type { PackedArtifact } from "../pack/packed_artifact.ts";

/** What would change if an artifact replaced the published one, a line each; undefined if nothing would. */
export function describeDifference(
  published: Artifact | undefined,
  built: Pick<PackedArtifact, "revision" | "digest" | "size">,
): string | undefined {
  if (!published) return `nothing is published\n+ revision  ${built.revision}\n`;
  // Consumers act on the revision alone; another gzip of the same tar changes nothing for them.
  if (published.revision === built.revision) return undefined;
  const fields = ["revision", "digest", "size"] as const;
  return fields.filter((field) => published[field] !== built[field])
    .map((field) =>
      `- ${field.padEnd(8)}  ${published[field]}\n+ ${field.padEnd(8)}  ${built[field]}\n`
    )
    .join("");
}
