import { ownerAnnotation } from "../core/api_names.ts";
import type { ExternalSource } from "../core/external_source.ts";
import { formatTime } from "../core/format_time.ts";
import { sourceKey } from "../core/source_key.ts";
import { nameConflict, wantedArtifact } from "../publish/external_artifact.ts";
import { KindNotInstalledError, ObjectsUnavailableError } from "../objects/objects.ts";
import type { ReconcileContext } from "./reconcile_context.ts";
import type { Subject } from "./subject.ts";

/**
 * Makes every publication of a former owner lose that it computed before now: each write carries a resourceVersion, and the
 * status of the source is written after the ExternalArtifact (DESIGN §10). The annotation bears the time too, because to
 * write what is there already would change no resourceVersion. Where we may not write an ExternalArtifact, publishing says so.
 *
 * @returns the source as it is afterwards
 * @throws what `Objects` throws; then it is still to be fenced
 */
export async function fenceSource(
  context: Pick<ReconcileContext, "objects" | "clock" | "ownership">,
  { source, memory }: Pick<Subject, "source" | "memory">,
): Promise<ExternalSource> {
  const { objects, ownership: { self, unfenced } } = context;
  const key = sourceKey(source.metadata);
  if (self === undefined || !unfenced.has(key)) return source;
  memory.isPublishing = true;
  try {
    memory.artifactVersion = await markArtifact(context, source) ?? memory.artifactVersion;
  } finally {
    memory.isPublishing = false;
  }
  const fenced = source.status.owner === self
    ? source
    : await objects.writeSourceStatus(source, { ...source.status, owner: self });
  unfenced.delete(key);
  return fenced;
}

async function markArtifact(
  { objects, clock, ownership: { self } }: Pick<
    ReconcileContext,
    "objects" | "clock" | "ownership"
  >,
  source: ExternalSource,
): Promise<string | undefined> {
  const artifact = objects.artifacts.get(sourceKey(source.metadata));
  if (!artifact || nameConflict(artifact, source) !== undefined) return undefined;
  const annotations = { [ownerAnnotation]: `${self} ${formatTime(clock.now())}` };
  const wanted = { ...wantedArtifact(source), annotations };
  try {
    return (await objects.updateArtifact(artifact, wanted)).metadata.resourceVersion;
  } catch (error) {
    if (error instanceof KindNotInstalledError) return undefined;
    if (error instanceof ObjectsUnavailableError && error.refusal === "forbidden") return undefined;
    throw error;
  }
}
