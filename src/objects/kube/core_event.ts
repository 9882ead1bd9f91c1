import { controllerName } from "../../core/api_names.ts";
import { formatTime } from "../../core/format_time.ts";
import type { ObjectEvent } from "../../core/object_event.ts";

/** What client-go cuts messages to; the newer API of events refuses longer ones. */
const maxMessage = 1_024;
const maxName = 253;

/** The message as it is written. */
export function eventMessage({ message }: ObjectEvent): string {
  return message.length <= maxMessage ? message : `${message.slice(0, maxMessage - 1)}…`;
}

/** Forwarded by notification-controller if they carry the group of the object (FLUX.md). */
function eventAnnotations({ involvedObject, metadata = {} }: ObjectEvent) {
  const [group] = involvedObject.apiVersion.split("/");
  return Object.fromEntries(
    Object.entries(metadata).map((
      [key, value],
    ) => [key.includes("/") ? key : `${group}/${key}`, value]),
  );
}

/** What makes an event's name unique and tells who reported it. */
export interface EventIdentity {
  /** Hex digits that no other event of the object has. */
  readonly suffix: string;
  /** `POD_NAME`, or the host's name. */
  readonly instance: string;
}

/** A core/v1 Event, as `kubectl describe` shows it. */
export function coreEvent(event: ObjectEvent, { suffix, instance }: EventIdentity) {
  const { involvedObject, type, reason, time } = event;
  const { namespace, name } = involvedObject;
  const timestamp = formatTime(time);
  return {
    apiVersion: "v1",
    kind: "Event",
    metadata: {
      namespace,
      name: `${name.slice(0, maxName - suffix.length - 1)}.${suffix}`,
      annotations: eventAnnotations(event),
    },
    involvedObject,
    type,
    reason,
    message: eventMessage(event),
    source: { component: controllerName },
    reportingComponent: controllerName,
    reportingInstance: instance,
    firstTimestamp: timestamp,
    lastTimestamp: timestamp,
    count: 1,
  };
}
