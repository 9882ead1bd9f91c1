import { pause } from "../core/pause.ts";
import { scrubStore } from "../reconcile/scrub_store.ts";
import { type SweepContext, sweepStore } from "../reconcile/sweep_store.ts";
import type { ScrubContext } from "../reconcile/scrub_store.ts";

/** How often the store is swept of what no source owns, in milliseconds (DESIGN §8). */
const sweepEveryMs = 3_600_000;
/** How soon one is tried again that found nothing of ours, the first time. */
const firstWaitMs = 10_000;

/** What keeping a store takes. */
export interface KeepStoreParts {
  readonly scrub: Omit<ScrubContext, "signal">;
  readonly sweep: Omit<SweepContext, "signal">;
  readonly signal: AbortSignal;
}

/** Compares a store with what is published, and sweeps it, until `signal` aborts; never rejects. */
export async function keepStore({ scrub, sweep, signal }: KeepStoreParts): Promise<void> {
  await Promise.all([
    scrubStore({ ...scrub, signal }),
    sweepHourly({ ...sweep, signal }, scrub.onProblem),
  ]);
}

async function sweepHourly(
  context: SweepContext,
  onProblem: ScrubContext["onProblem"],
): Promise<void> {
  const { clock, signal } = context;
  // A replica owns nothing until it has its Lease, and a standby not before it takes over.
  for (let waitMs = firstWaitMs; !signal.aborted; waitMs = Math.min(2 * waitMs, sweepEveryMs)) {
    const isOurs = await sweepStore(context).catch((error) => {
      if (!signal.aborted) onProblem("sweep the store", error);
      return true;
    });
    await pause(isOurs ? sweepEveryMs : waitMs, clock, signal);
  }
}
