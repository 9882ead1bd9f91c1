import { HttpFailure } from "./http_failure.ts";
import { headerOf, rateLimitWaitMs, type ResponseHeaders } from "./rate_limit.ts";
import { parseRetryAfter } from "./retry_after.ts";

/** A status that is no success. */
export interface BadAnswer {
  readonly status: number;
  readonly headers: ResponseHeaders;
}

/** Statuses below 500 that may be another at the next try. */
const transientStatuses = [408, 425, 429];

function waitMs({ status, headers }: BadAnswer, now: number): number | undefined {
  const retryAfter = headerOf(headers, "retry-after");
  const asked = retryAfter === undefined ? undefined : parseRetryAfter(retryAfter, now);
  return asked ?? rateLimitWaitMs(headers, { now, limited: status === 429 });
}

/**
 * The failure that a status means (DESIGN §5). A 403 with an exhausted rate limit is GitHub's way to say 429.
 *
 * @param now milliseconds since the Unix epoch
 * @param maxWaitMs the longest wait that an upstream may ask for
 */
export function statusFailure(
  answer: BadAnswer,
  { now, maxWaitMs }: { readonly now: number; readonly maxWaitMs: number },
): HttpFailure {
  const { status, headers } = answer;
  const state = `status ${status}`;
  const limited = status === 403 && rateLimitWaitMs(headers, { now, limited: false }) !== undefined;
  if (status < 500 && !transientStatuses.includes(status) && !limited) {
    return new HttpFailure(state, { class: "rejected" });
  }
  const wait = waitMs(answer, now);
  return new HttpFailure(state, {
    class: "transient",
    retryAfterMs: wait === undefined ? undefined : Math.min(wait, maxWaitMs),
  });
}
