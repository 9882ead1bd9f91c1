import { findCondition } from "../core/condition.ts";
import type { ExternalArtifact } from "../core/external_artifact.ts";
import type { ExternalSource } from "../core/external_source.ts";
import { StepError } from "../core/step_error.ts";
import { publish } from "../publish/publish.ts";
import { failureOf } from "./error_policy.ts";
import { addressArtifact } from "./make_artifact.ts";
import { type Outcome, readyFalse, type ReadyState, readyTrue } from "./next_status.ts";
import type { ReconcileContext } from "./reconcile_context.ts";
import { formatTime } from "../core/format_time.ts";
import type { SourceMemory } from "./source_memory.ts";

/** Reasons of failures that are over once publishing succeeds. */
const publishingReasons: readonly string[] = ["NameConflict", "ExternalArtifactUnavailable"];

/** What came of publishing. */
export interface Published {
  readonly outcome: Outcome;
  readonly written: ExternalArtifact | undefined;
}

/** What is to be published, and for whom. */
export interface PublishSubject {
  readonly source: ExternalSource;
  readonly memory: SourceMemory;
  readonly outcome: Outcome;
}

/**
 * Step 8: brings the ExternalArtifact in line with what the stages came to, whether they ran or not.
 *
 * @returns the outcome, or that publishing it failed; and the ExternalArtifact as it is now, if it is ours
 */
export async function publishOutcome(
  context: ReconcileContext,
  subject: PublishSubject,
): Promise<Published> {
  const outcome = resumePublishing(context, subject);
  if (!outcome.artifact) return { outcome, written: undefined };
  const { source, memory } = subject;
  const now = formatTime(context.clock.now());
  memory.isPublishing = true;
  try {
    const publication = {
      source,
      artifact: outcome.artifact,
      ready: readyOf(source, outcome),
      now,
    };
    const written = await publish(context.objects, publication);
    memory.artifactVersion = written.metadata.resourceVersion;
    return { outcome, written };
  } catch (error) {
    if (!(error instanceof StepError)) throw error;
    return { outcome: unpublished(outcome, error), written: undefined };
  } finally {
    memory.isPublishing = false;
  }
}

function unpublished(outcome: Outcome, error: StepError): Outcome {
  // An ExternalArtifact of somebody else says nothing about why our own fetch failed.
  if (outcome.kind === "failed") return outcome;
  const { artifact } = outcome;
  const made = outcome.kind === "published" ? outcome : undefined;
  return { kind: "failed", failure: failureOf(error), artifact, made };
}

/** What was kept, as it is to be published now: what was stored but not published yet is published after all. */
function resumePublishing(context: ReconcileContext, subject: PublishSubject): Outcome {
  const { source, memory, outcome } = subject;
  const content = memory.lastDocument?.content ?? outcome.artifact;
  if (outcome.kind === "published" || !content) return outcome;
  const artifact = addressArtifact(context, source, content);
  const last = memory.lastDocument;
  const made = last && { fingerprint: last.fingerprint, etag: last.validators.etag };
  if (outcome.kind === "failed") return { ...outcome, artifact, made };
  const ready = findCondition(source.status.conditions ?? [], "Ready");
  const unpublished = ready?.status === "False" && publishingReasons.includes(ready.reason);
  const pending = artifact.revision !== source.status.artifact?.revision;
  if (!unpublished && !pending) return { ...outcome, artifact };
  const { fingerprint, lastHandledETag } = source.status;
  return { kind: "published", artifact, ...(made ?? { fingerprint, etag: lastHandledETag }) };
}

function readyOf(source: ExternalSource, outcome: Outcome): ReadyState {
  if (outcome.kind === "failed") return readyFalse(outcome.failure);
  const ready = findCondition(source.status.conditions ?? [], "Ready");
  if (outcome.kind === "kept" && ready && ready.status === "False") {
    return { type: "Ready", status: ready.status, reason: ready.reason, message: ready.message };
  }
  if (!outcome.artifact) throw new TypeError("Cannot publish an outcome without an artifact");
  return readyTrue(outcome.artifact);
}
