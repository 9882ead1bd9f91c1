import { ObjectsUnavailableError } from "../objects.ts";

/** The API server gave no answer at all, whatever was asked of it. */
export class ApiUnreachableError extends ObjectsUnavailableError {
  /** What is known of it, without what was to be done: `the API server 192.0.2.1:6443 cannot be reached: …`. */
  readonly state: string;

  /** @param action `Cannot VERB "value"` */
  constructor(action: string, state: string, cause: unknown) {
    super(`${action}: ${state}`, { cause });
    this.state = state;
  }
}
