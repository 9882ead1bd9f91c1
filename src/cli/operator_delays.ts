import { askedDelay } from "../queue/asked_delay.ts";
import { backoffDelay, secretBackoff } from "../queue/backoff.ts";
import { firstRunAt, nextRunAt } from "../queue/schedule.ts";
import type { Delays } from "../reconcile/reconcile_context.ts";
import type { OperatorParts } from "./operator_parts.ts";

/** How long an operator waits, by its settings. */
export function delaysOf(
  { settings, clock, random }: Pick<OperatorParts, "settings" | "clock" | "random">,
): Delays {
  const minimumMs = settings.minInterval;
  const backoff = {
    baseMs: settings.retryBaseDelay,
    maxMs: settings.retryMaxDelay,
    jitterFactor: settings.retryJitterFactor,
  };
  return {
    backoff: (failures) => backoffDelay(backoff, failures, random),
    secretBackoff: (failures) => backoffDelay(secretBackoff, failures, random),
    asked: (askedMs) => askedDelay(askedMs, random),
    interval: (intervalMs) => nextRunAt({ intervalMs, minimumMs }, 0, random),
    spread: (key, intervalMs) =>
      firstRunAt({ intervalMs, minimumMs }, key, clock.now()) - clock.now(),
  };
}
