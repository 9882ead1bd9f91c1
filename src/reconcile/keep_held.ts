import type { ExternalSource } from "../core/external_source.ts";
import { findCondition } from "../core/condition.ts";
import { formatTime } from "../core/format_time.ts";
import type { HostHeldError } from "../core/host_held_error.ts";
import { type Outcome, statusWhileHeld } from "./next_status.ts";
import { publishedArtifact } from "./published_artifact.ts";
import { publishOutcome } from "./publish_outcome.ts";
import type { ReconcileContext } from "./reconcile_context.ts";
import { StatusWriter } from "./status_writer.ts";
import type { Subject } from "./subject.ts";

/** How a reconcile ends whose upstream wants no request for long. */
export interface HeldResult {
  readonly requeueAt: number;
  readonly outcome: Outcome;
  readonly tried: false;
  readonly changed: boolean;
  readonly isHeld: true;
}

/**
 * Ends a reconcile whose upstream wants no request for long: nothing waits in memory meanwhile, what is published is kept as
 * it should be, and the status says what it said. One that has nothing to say of its spec, or no more, says that it waits.
 *
 * @throws as the objects
 */
export async function keepHeld(
  context: ReconcileContext,
  { source, memory }: Subject,
  { waitMs }: HostHeldError,
): Promise<HeldResult> {
  const now = context.clock.now();
  const requeueAt = now + waitMs;
  const until = formatTime(Math.ceil(requeueAt / 1_000) * 1_000);
  const writer = new StatusWriter(context, source);
  const isAnswered = source.status.observedGeneration === source.metadata.generation;
  const message = `the host of the upstream asked for no request until ${until}`;
  if (!isAnswered) writer.warn([{ reason: "HostHeld", message }], memory);
  const kept = { kind: "kept", artifact: publishedArtifact(source), isSuspended: false } as const;
  const { outcome, written } = await publishOutcome(context, { source, memory, outcome: kept });
  const held = { requeueAt, outcome, tried: false, isHeld: true } as const;
  if (saysNothing(source)) {
    const status = statusWhileHeld(source, message, formatTime(now));
    await context.objects.writeSourceStatus(source, status);
    return { ...held, changed: true };
  }
  const changed = isAnswered && await writer.write(outcome, {
    handled: { source: undefined, artifact: undefined },
    failures: memory.failures,
    wait: { until, isHeld: true },
    artifact: written,
  });
  return { ...held, changed };
}

/** Stalled for these a source is tried again at each interval. */
const triedAgain = ["RetriesExhausted", "NameConflict"];

/** Whether a source was never run, or stalled for what is allowed by now: else it would not have come to its request. */
function saysNothing(source: ExternalSource): boolean {
  const conditions = source.status.conditions ?? [];
  const stalled = findCondition(conditions, "Stalled");
  const isOverturned = stalled !== undefined && !triedAgain.includes(stalled.reason);
  return !findCondition(conditions, "Ready") || (isOverturned && !publishedArtifact(source));
}
