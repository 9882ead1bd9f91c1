import { isDeepStrictEqual } from "node:util";
import type { Artifact } from "../core/artifact.ts";
import type { ConditionState } from "../core/condition.ts";
import type { ExternalArtifact } from "../core/external_artifact.ts";
import type { ExternalSource } from "../core/external_source.ts";
import { sourceKey } from "../core/source_key.ts";
import { StepError } from "../core/step_error.ts";
import {
  ConflictError,
  KindNotInstalledError,
  NotFoundError,
  type Objects,
  ObjectsUnavailableError,
} from "../objects/objects.ts";
import {
  isAsWanted,
  nameConflict,
  wantedArtifact,
  wantedArtifactStatus,
} from "./external_artifact.ts";

/** What an ExternalArtifact is to say. */
export interface Publication {
  readonly source: ExternalSource;
  readonly artifact: Artifact;
  /** Its Ready condition: the source's own, so that `flux get sources external` tells a failure. */
  readonly ready: Omit<ConditionState, "observedGeneration">;
  /** RFC 3339, for conditions that change. */
  readonly now: string;
}

/**
 * Makes the ExternalArtifact of a source say what it should. Writes only what differs from the cached object: nothing in
 * the steady state, a POST and a status for a new one.
 *
 * @returns the ExternalArtifact as it is afterwards
 * @throws {StepError} class `no-flux` if the kind is not installed or may not be written, `name-conflict` if it belongs to another controller
 * @throws {ConflictError} if somebody else wrote it meanwhile
 */
export async function publish(
  objects: Objects,
  publication: Publication,
): Promise<ExternalArtifact> {
  if (objects.artifacts.state === "not-installed") throw fluxMissing();
  try {
    const existing = await ensure(objects, publication.source);
    const { artifact, ready, now } = publication;
    const status = wantedArtifactStatus(existing, artifact, { state: ready, now });
    if (isDeepStrictEqual(status, existing.status)) return existing;
    return await objects.writeArtifactStatus(existing, status);
  } catch (error) {
    if (error instanceof KindNotInstalledError) throw fluxMissing(error);
    if (error instanceof ObjectsUnavailableError && error.refusal === "forbidden") {
      throw unavailable(`the API server forbids it; ${neededRight}`, error);
    }
    // Deleted between our read and our write: as good as a conflict, the next reconcile creates it.
    if (error instanceof NotFoundError) throw new ConflictError(error.message, { cause: error });
    throw error;
  }
}

async function ensure(objects: Objects, source: ExternalSource): Promise<ExternalArtifact> {
  const wanted = wantedArtifact(source);
  const cached = objects.artifacts.get(sourceKey(source.metadata));
  if (cached) return await adjust(objects, cached, source);
  try {
    return await objects.createArtifact(wanted);
  } catch (error) {
    if (!(error instanceof ConflictError)) throw error;
    // One without our label is not in the cache: the Go implementation's, or somebody else's.
    const live = await objects.readArtifact(source.metadata);
    if (!live) throw error;
    return await adjust(objects, live, source);
  }
}

async function adjust(
  objects: Objects,
  existing: ExternalArtifact,
  source: ExternalSource,
): Promise<ExternalArtifact> {
  const conflict = nameConflict(existing, source);
  if (conflict !== undefined) {
    throw new StepError(
      `Cannot publish: ${conflict}; rename this ExternalSource or remove the other object`,
      {
        class: "name-conflict",
        reason: "NameConflict",
      },
    );
  }
  const wanted = wantedArtifact(source);
  return isAsWanted(existing, wanted) ? existing : await objects.updateArtifact(existing, wanted);
}

const neededRight =
  "the controller's ServiceAccount needs the right (RBAC) to get, create and patch " +
  "externalartifacts and to patch externalartifacts/status";

function fluxMissing(cause?: unknown): StepError {
  const hint = "install Flux 2.7 or newer with source-controller";
  return unavailable(`the kind ExternalArtifact is not installed; ${hint}`, cause);
}

function unavailable(state: string, cause: unknown): StepError {
  const details = { class: "no-flux", reason: "ExternalArtifactUnavailable", cause } as const;
  return new StepError(`Cannot publish: ${state}`, details);
}
