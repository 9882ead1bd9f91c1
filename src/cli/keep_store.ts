import { pause } from "../core/pause.ts";
import { scrubStore } from "../reconcile/scrub_store.ts";
import { type SweepContext, sweepStore } from "../reconcile/sweep_store.ts";
import type { ScrubContext } from "../reconcile/scrub_store.ts";

/** How often the store is swept of what no source owns, in milliseconds (DESIGN §8). */
const sweepEveryMs = 3_600_000;

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
  while (!signal.aborted) {
    await sweepStore(context)
      .catch((error) => signal.aborted || onProblem("sweep the store", error));
    await pause(sweepEveryMs, clock, signal);
  }
}
