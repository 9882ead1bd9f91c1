import {
  externalArtifactApiVersion,
  externalArtifactKind,
  externalSourceApiVersion,
  externalSourceKind,
} from "../core/api_names.ts";
import { findCondition } from "../core/condition.ts";
import type { ExternalArtifact } from "../core/external_artifact.ts";
import type { ExternalSource, ExternalSourceStatus } from "../core/external_source.ts";
import type { InvolvedObject, ObjectEvent } from "../core/object_event.ts";
import type { ObjectMeta } from "../core/object_meta.ts";

type EventBody = Omit<ObjectEvent, "involvedObject" | "time">;

/**
 * What a change of status has to tell: a new artifact, a failure, a recovery; nothing for another retry of the same
 * failure.
 */
export function eventOf(
  before: ExternalSourceStatus,
  after: ExternalSourceStatus,
): EventBody | undefined {
  const was = findCondition(before.conditions ?? [], "Ready");
  const is = findCondition(after.conditions ?? [], "Ready");
  if (!is) return undefined;
  const metadata = after.artifact ? { metadata: { revision: after.artifact.revision } } : {};
  if (is.status === "True") {
    const isNew = before.artifact?.revision !== after.artifact?.revision;
    const recovered = was?.status === "False";
    if (!isNew && !recovered) return undefined;
    return {
      type: "Normal",
      reason: isNew ? "NewArtifact" : "Succeeded",
      message: is.message,
      ...metadata,
    };
  }
  const stalled = findCondition(after.conditions ?? [], "Stalled");
  const wasStalled = findCondition(before.conditions ?? [], "Stalled");
  if (stalled && stalled.reason !== is.reason && stalled.reason !== wasStalled?.reason) {
    return {
      type: "Warning",
      reason: stalled.reason,
      message: `${is.message}: ${stalled.message}`,
      ...metadata,
    };
  }
  if (is.status !== "False") return undefined;
  const known = was?.status === "False" && was.reason === is.reason;
  // Only a stall of the failure's own reason comes from the spec, where another message is another mistake.
  const isOtherMistake = stalled?.reason === is.reason && is.message !== was?.message;
  if (known && !isOtherMistake) return undefined;
  return { type: "Warning", reason: is.reason, message: is.message, ...metadata };
}

/** An event about a source and, if it exists, about its ExternalArtifact, so that a stock Alert matches. */
export function addressEvent(
  body: EventBody,
  objects: { readonly source: ExternalSource; readonly artifact: ExternalArtifact | undefined },
  time: number,
): ObjectEvent[] {
  const source = involved(objects.source.metadata, {
    apiVersion: externalSourceApiVersion,
    kind: externalSourceKind,
  });
  const targets = [source];
  if (objects.artifact) {
    targets.push(involved(objects.artifact.metadata, {
      apiVersion: externalArtifactApiVersion,
      kind: externalArtifactKind,
    }));
  }
  return targets.map((involvedObject) => ({ ...body, involvedObject, time }));
}

function involved(
  { name, namespace, uid, resourceVersion }: ObjectMeta,
  type: Pick<InvolvedObject, "apiVersion" | "kind">,
): InvolvedObject {
  return { ...type, name, namespace, uid, resourceVersion };
}
