import type { Clock } from "../core/clock.ts";
import { pause } from "../core/pause.ts";
import type { Peer } from "../core/peer.ts";

const lookEveryMs = 5_000;

/** What {@linkcode spreadToJoined} looks at. */
export interface SpreadToJoinedParts {
  readonly peers: () => readonly Peer[];
  /** Has the other replicas hold what they lack. */
  readonly spread: () => Promise<void>;
  readonly clock: Clock;
}

/**
 * Lets a replica that joins, or was started anew under its name, hold the copies that it would have been given had it been
 * there when they were published. Until `signal` aborts; never rejects if `spread` does not.
 */
export async function spreadToJoined(
  { peers, spread, clock }: SpreadToJoinedParts,
  signal: AbortSignal,
): Promise<void> {
  const present = () => new Set(peers().map(({ name, instance }) => `${name} ${instance}`));
  let known = present();
  while (!signal.aborted) {
    await pause(lookEveryMs, clock, signal);
    const now = present();
    const isJoined = [...now].some((each) => !known.has(each));
    known = now;
    if (isJoined && !signal.aborted) await spread();
  }
}
