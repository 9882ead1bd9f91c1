/** How requests to a host go now, for metrics. */
export interface HostSample {
  /** Host and port. */
  readonly host: string;
  readonly inFlight: number;
  /** Who waits to ask it, for whatever reason. */
  readonly waiting: number;
  /** How many may be in flight. */
  readonly window: number;
  /** The longest of its namespaces' shortest times between two requests, in milliseconds. */
  readonly gapMs: number;
  /** The longest time for which it still wants no request for a namespace, in milliseconds. */
  readonly holdMs: number;
}
