import { HttpFailure } from "./http_failure.ts";
import { askedWaitMs, hostLimitsOf, type LimitedAnswer, type LimitsMoment } from "./host_limits.ts";

/** Statuses below 500 that may be another at the next try. */
const transientStatuses = [408, 425, 429];

/** The failure that a status that is no success means (DESIGN §5). */
export function statusFailure(answer: LimitedAnswer, moment: LimitsMoment): HttpFailure {
  const { status } = answer;
  const state = `status ${status}`;
  const hostLimits = hostLimitsOf(answer, moment);
  const isTransient = status >= 500 || transientStatuses.includes(status) || hostLimits?.isRefusal;
  if (!isTransient) return new HttpFailure(state, { class: "rejected", hostLimits });
  const retryAfterMs = askedWaitMs(answer, moment);
  return new HttpFailure(state, { class: "transient", retryAfterMs, hostLimits });
}
