import type { HostLimits, RequestBudget } from "../../core/host_limits.ts";
import { headerOf, rateLimitWaitMs, rateLimitWindows, type ResponseHeaders } from "./rate_limit.ts";
import { parseRetryAfter } from "./retry_after.ts";

/** An answer, whatever it says. */
export interface LimitedAnswer {
  readonly status: number;
  readonly headers: ResponseHeaders;
}

/** When an answer is read. */
export interface LimitsMoment {
  /** Milliseconds since the Unix epoch. */
  readonly now: number;
  /** The longest wait that an upstream may ask for, in milliseconds. */
  readonly maxWaitMs: number;
}

/**
 * What an answer, good or bad, says of how fast its host wants to be asked; undefined if it says nothing.
 *
 * What a failed answer asks its source to wait for, it asks of all that ask this host: nothing in it tells them apart.
 */
export function hostLimitsOf(answer: LimitedAnswer, moment: LimitsMoment): HostLimits | undefined {
  const isRefusal = isRefusalForLoad(answer, moment.now);
  const waitMs = isRefusal || mayRetry(answer)
    ? askedWaitMs(answer, moment)
    : capped(rateLimitWaitMs(answer.headers, { now: moment.now, limited: false }), moment);
  const budget = scarcestBudget(answer.headers, moment);
  if (!isRefusal && !waitMs && !budget) return undefined;
  return { isRefusal, ...(waitMs ? { holdMs: waitMs } : {}), ...(budget ? { budget } : {}) };
}

/** Milliseconds that a failed answer asks to wait: `Retry-After`, else its rate limits. */
export function askedWaitMs(
  { status, headers }: LimitedAnswer,
  moment: LimitsMoment,
): number | undefined {
  const { now } = moment;
  const retryAfter = headerOf(headers, "retry-after");
  const asked = retryAfter === undefined ? undefined : parseRetryAfter(retryAfter, now);
  return capped(asked ?? rateLimitWaitMs(headers, { now, limited: status === 429 }), moment);
}

/** Statuses below 500 that may be another at the next try. */
const transientStatuses = [408, 425, 429];

/** Whether the next try may be answered otherwise. */
export function mayRetry({ status }: LimitedAnswer): boolean {
  return status >= 500 || transientStatuses.includes(status);
}

/** Whether a status means too many requests. A 403 with an exhausted rate limit is GitHub's way to say 429. */
function isRefusalForLoad({ status, headers }: LimitedAnswer, now: number): boolean {
  if (status === 403) return rateLimitWaitMs(headers, { now, limited: false }) !== undefined;
  return status === 429 || status === 503;
}

/** Of the windows that are not used up, what is left of the one that allows the fewest requests a second. */
function scarcestBudget(
  headers: ResponseHeaders,
  { now, maxWaitMs }: LimitsMoment,
): RequestBudget | undefined {
  const budgets = rateLimitWindows(headers, now).flatMap(({ remaining = 0, resetMs }) =>
    remaining > 0 && resetMs > 0 ? [{ left: remaining, resetMs: Math.min(resetMs, maxWaitMs) }] : []
  );
  return budgets.toSorted((a, b) => b.resetMs / b.left - a.resetMs / a.left)[0];
}

function capped(waitMs: number | undefined, { maxWaitMs }: LimitsMoment): number | undefined {
  return waitMs === undefined ? undefined : Math.min(waitMs, maxWaitMs);
}
