/** What an answer says of how fast its host wants to be asked. */
export interface HostLimits {
  /** The host refused because of how much it has to do: 429, 503, or a 403 with nothing left. */
  readonly isRefusal: boolean;
  /** Milliseconds for which it wants no request at all (`Retry-After`, nothing left until a reset); absent: it asks for none. */
  readonly holdMs?: number;
  /** How many requests it still takes in the scarcest of its windows that are not used up, and until when. */
  readonly budget?: RequestBudget;
}

/** Requests that are left of a window. */
export interface RequestBudget {
  /** At least 1. */
  readonly left: number;
  /** Milliseconds until the window begins anew. */
  readonly resetMs: number;
}
