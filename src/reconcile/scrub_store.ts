import type { Clock } from "../core/clock.ts";
import { pause } from "../core/pause.ts";
import type { SettingValues } from "../core/setting.ts";
import type { scrubSettings } from "../store/scrub_settings.ts";
import { scrubRound, type ScrubRoundContext } from "./scrub_round.ts";

/** A round that left something unlooked at is not the last one for long; milliseconds. */
const incompleteMs = 3_600_000;

/** What a scrub works with. */
export interface ScrubContext extends Omit<ScrubRoundContext, "known"> {
  readonly settings: SettingValues<typeof scrubSettings>;
  readonly clock: Clock;
}

/**
 * Compares, round after round, what is published with what is stored (RFC-0012, "Artifact persistent storage integrity"),
 * and mends what differs. Resolves when `signal` aborts, at once if the interval is 0; never rejects.
 */
export async function scrubStore(context: ScrubContext): Promise<void> {
  const { settings: { scrubInterval }, clock, signal } = context;
  if (scrubInterval === 0) return;
  const known: ScrubRoundContext["known"] = new Map();
  while (!signal.aborted) {
    const isComplete = await scrubRound({ ...context, known });
    await pause(isComplete ? scrubInterval : Math.min(scrubInterval, incompleteMs), clock, signal);
  }
}
