import type { Priority } from "../core/priority.ts";

/** For whom and where a request is to be sent. */
export interface RequestTarget {
  readonly namespace: string;
  /** Host and port of the upstream. */
  readonly host: string;
  readonly priority: Priority;
  /** Milliseconds since the run was due, for telemetry; absent: it was due just now. */
  readonly lateMs?: number;
}
