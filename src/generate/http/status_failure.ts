import { HttpFailure } from "./http_failure.ts";
import {
  askedWaitMs,
  hostLimitsOf,
  type LimitedAnswer,
  type LimitsMoment,
  mayRetry,
} from "./host_limits.ts";

/** The failure that a status that is no success means (DESIGN §5). */
export function statusFailure(answer: LimitedAnswer, moment: LimitsMoment): HttpFailure {
  const { status } = answer;
  const state = `status ${status}`;
  const hostLimits = hostLimitsOf(answer, moment);
  const isTransient = mayRetry(answer) || hostLimits?.isRefusal;
  if (!isTransient) return new HttpFailure(state, { class: "rejected", hostLimits });
  const retryAfterMs = askedWaitMs(answer, moment);
  return new HttpFailure(state, { class: "transient", retryAfterMs, hostLimits });
}
