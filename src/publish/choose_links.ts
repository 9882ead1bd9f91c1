import type { Clock } from "../core/clock.ts";
import { pause } from "../core/pause.ts";

/** What consumers of a store with URLs of its own are given (`S3_URL_MODE`, DESIGN §8). */
export type LinkMode = "direct" | "redirect" | "gateway";

/** What {@linkcode chooseLinks} finds out with. */
export interface ChooseLinksOptions {
  /** Whether anybody can read the store; undefined if no clear answer came. */
  readonly anonymousRead: () => Promise<boolean | undefined>;
  readonly clock: Clock;
  /** It is known now. */
  readonly onChoice: (mode: LinkMode) => void;
  /** Nothing could be found out; it is tried again. */
  readonly onProblem: (error: unknown) => void;
}

const askEveryMs = 30_000;

/**
 * Whether consumers can go to the store itself, asked at the start until a clear answer comes (`auto`). Until then nothing
 * that is published changes, and what is new is served by us, which works in either case.
 */
export async function chooseLinks(options: ChooseLinksOptions, signal: AbortSignal): Promise<void> {
  const { anonymousRead, clock, onChoice, onProblem } = options;
  while (!signal.aborted) {
    try {
      const canRead = await anonymousRead();
      if (signal.aborted) return;
      if (canRead !== undefined) return onChoice(canRead ? "direct" : "gateway");
    } catch (error) {
      if (!signal.aborted) onProblem(error);
    }
    await pause(askEveryMs, clock, signal);
  }
}
