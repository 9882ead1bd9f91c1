import { ObjectsUnavailableError, type Refusal } from "../objects.ts";

/** What the API server answered instead of a success. */
export interface ApiStatus {
  /** HTTP status, or the code in an ERROR event of a watch. */
  readonly code: number;
  /** The machine-readable reason of a `metav1.Status`: `Expired`, `Forbidden`, … */
  readonly reason?: string;
  readonly message?: string;
  readonly retryAfterMs?: number;
}

const refusals: Readonly<Record<number, Refusal>> = {
  400: "invalid",
  403: "forbidden",
  413: "invalid",
  422: "invalid",
};

/** A refusal that has no class of its own in the contract of objects. */
export class ApiStatusError extends ObjectsUnavailableError {
  readonly code: number;
  readonly reason: string | undefined;

  constructor(message: string, status: ApiStatus) {
    const { code, retryAfterMs } = status;
    const refusal = refusals[code];
    super(message, {
      ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
      ...(refusal === undefined ? {} : { refusal }),
    });
    this.code = code;
    this.reason = status.reason;
  }
}
