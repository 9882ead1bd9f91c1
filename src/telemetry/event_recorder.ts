import { externalArtifactKind } from "../core/api_names.ts";
import type { ObjectEvent } from "../core/object_event.ts";
import type { FluxEvents } from "./flux_events.ts";

/** Where events go. */
export interface EventSinks {
  /** Writes a Kubernetes Event; never rejects. */
  readonly recordEvent: (event: ObjectEvent) => Promise<void>;
  /** Undefined without `--events-addr`. */
  readonly fluxEvents: Pick<FluxEvents, "post"> | undefined;
  readonly redact: (text: string) => string;
}

/**
 * Sends every event, without secrets, to Kubernetes, and those of ExternalArtifacts also to Flux: a third-party kind
 * cannot be named in an Alert (FLUX.md).
 */
export function createEventRecorder(
  { recordEvent, fluxEvents, redact }: EventSinks,
): (event: ObjectEvent) => Promise<void> {
  return (event) => {
    const clean = withoutSecrets(event, redact);
    if (clean.involvedObject.kind === externalArtifactKind) fluxEvents?.post(clean);
    return recordEvent(clean);
  };
}

function withoutSecrets(event: ObjectEvent, redact: (text: string) => string): ObjectEvent {
  return {
    ...event,
    message: redact(event.message),
    ...(event.metadata && {
      metadata: Object.fromEntries(
        Object.entries(event.metadata).map(([name, value]) => [name, redact(value)]),
      ),
    }),
  };
}
