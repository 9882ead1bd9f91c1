import { formatTime } from "../core/format_time.ts";
import { controllerName } from "../core/api_names.ts";
import type { InvolvedObject, ObjectEvent } from "../core/object_event.ts";

const annotationGroup = "event.toolkit.fluxcd.io/";
const maxMessage = 39_000;

/** An event as notification-controller takes it: `event.toolkit.fluxcd.io/v1beta1`, as JSON. */
export interface FluxEvent {
  readonly involvedObject: InvolvedObject;
  readonly severity: "info" | "error";
  /** RFC 3339, seconds. */
  readonly timestamp: string;
  /** At most 39,000 characters. */
  readonly message: string;
  readonly reason: string;
  readonly metadata: Readonly<Record<string, string>>;
  readonly reportingController: string;
  readonly reportingInstance: string;
}

/**
 * Our event in Flux's form. Metadata reaches alerts only under the API group of the involved object, annotations of
 * `event.toolkit.fluxcd.io/` under their own name (notification-controller `event_handlers.go`).
 *
 * @param reportingInstance name of the pod or host
 */
export function fluxEvent(event: ObjectEvent, reportingInstance: string): FluxEvent {
  const { involvedObject, annotations = {}, metadata = {} } = event;
  const group = involvedObject.apiVersion.replace(/\/[^/]*$/, "");
  return {
    involvedObject,
    severity: event.type === "Warning" ? "error" : "info",
    timestamp: formatTime(event.time),
    message: shortened(event.message),
    reason: event.reason,
    metadata: Object.fromEntries([
      ...Object.entries(annotations).filter(([name]) => name.startsWith(annotationGroup)),
      ...Object.entries(metadata).map(([name, value]) => [`${group}/${name}`, value]),
    ]),
    reportingController: controllerName,
    reportingInstance,
  };
}

function shortened(message: string): string {
  if (message.length <= maxMessage) return message;
  // Without half of a surrogate pair at the cut.
  return `${message.slice(0, maxMessage - 1).replace(/[\ud800-\udbff]$/, "")}…`;
}
