import type { NamespacedName } from "./source_key.ts";

/** The object that an event is about. */
export interface InvolvedObject extends NamespacedName {
  readonly apiVersion: string;
  readonly kind: string;
  readonly uid: string;
  readonly resourceVersion?: string;
}

/** Something a user should see in `kubectl describe`, and in an Alert of Flux if `--events-addr` is set. */
export interface ObjectEvent {
  readonly involvedObject: InvolvedObject;
  readonly type: "Normal" | "Warning";
  /** CamelCase, as in conditions. */
  readonly reason: string;
  readonly message: string;
  /** Facts such as `revision`, forwarded by notification-controller. */
  readonly metadata?: Readonly<Record<string, string>>;
  /** Annotations of the involved object; those of `event.toolkit.fluxcd.io/` go into Flux's events. */
  readonly annotations?: Readonly<Record<string, string>>;
  /** Milliseconds since the Unix epoch. */
  readonly time: number;
}
