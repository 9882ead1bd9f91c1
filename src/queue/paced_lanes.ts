import type { Clock } from "../core/clock.ts";
import {
  freePace,
  gapOf,
  type HostPace,
  isForgettable,
  nextRequestAt,
  paceAfterAnswer,
  paceAfterRequest,
  type PacedAnswer,
} from "./host_pace.ts";

/** A host, asked on behalf of a namespace. */
export interface LaneName {
  readonly namespace: string;
  readonly host: string;
}

interface PacedLane extends LaneName {
  pace: HostPace;
  inFlight: number;
  /** When it was last found to be in the way of somebody. */
  pausedAt: number;
  isPaused: boolean;
  cancelTimer: () => void;
}

/** What paced lanes do to those who wait in them. */
export interface LaneControl {
  /** How many wait in a lane. */
  waiting(lane: LaneName): number;
  pause(lane: LaneName): void;
  resume(lane: LaneName): void;
  /** A lane was resumed by time: somebody may be able to go. */
  onTime(lane: LaneName): void;
}

/** How often it is looked for lanes to forget. */
const sweepEveryMs = 60_000;
/** Hooks may choose hosts, each of which may ask for a day: what is remembered of them has an end. */
const mostLanes = 4_096;

/**
 * The paces of hosts, one for each namespace that asks them: what a host wants of one tenant holds up no other. Only those
 * that are in use, or of which something is to be remembered, are kept.
 */
export class PacedLanes {
  readonly #clock: Clock;
  readonly #control: LaneControl;
  readonly #lanes = new Map<string, PacedLane>();
  #sweptAt: number;

  constructor(clock: Clock, control: LaneControl) {
    this.#clock = clock;
    this.#control = control;
    this.#sweptAt = clock.now();
  }

  /** Lanes that something is remembered of. */
  get size(): number {
    return this.#lanes.size;
  }

  /** The longest gap and hold of any namespace, by host, in milliseconds. */
  paces(): Map<string, { readonly gapMs: number; readonly holdMs: number }> {
    const now = this.#clock.now();
    const paces = new Map<string, { gapMs: number; holdMs: number }>();
    for (const lane of this.#lanes.values()) {
      const known = paces.get(lane.host) ?? { gapMs: 0, holdMs: 0 };
      const waiting = this.#control.waiting(lane);
      paces.set(lane.host, {
        gapMs: Math.max(known.gapMs, gapOf(lane.pace, { now, waiting })),
        holdMs: Math.max(known.holdMs, lane.pace.holdUntil - now),
      });
    }
    return paces;
  }

  /** Milliseconds for which the host still wants no request; 0 or less: it takes one. */
  holdMs(name: LaneName): number {
    const lane = this.#lanes.get(keyOf(name));
    return lane ? lane.pace.holdUntil - this.#clock.now() : 0;
  }

  /** Whether one more, who does not wait yet, may go at once. */
  isOpen(name: LaneName): boolean {
    const lane = this.#lanes.get(keyOf(name));
    return !lane || !lane.isPaused && this.#opensAt(lane, 1) <= this.#clock.now();
  }

  /** Whether the pace has kept anybody of a lane waiting since then. */
  wasPausedSince(name: LaneName, since: number): boolean {
    const lane = this.#lanes.get(keyOf(name));
    return lane !== undefined && lane.pausedAt >= since;
  }

  /** A request is sent. */
  sent(name: LaneName): void {
    const lane = this.#lane(name);
    lane.inFlight++;
    lane.pace = paceAfterRequest(lane.pace, this.#clock.now());
    this.update(lane);
  }

  /** A request has ended. */
  answered(name: LaneName, answer: Omit<PacedAnswer, "now" | "inFlight">): void {
    const lane = this.#lane(name);
    lane.inFlight--;
    const { inFlight } = lane;
    lane.pace = paceAfterAnswer(lane.pace, { ...answer, inFlight, now: this.#clock.now() });
    this.update(lane);
    this.#forget(lane);
  }

  /** The host wants no request for so long, as is known from before. */
  hold(name: LaneName, holdMs: number): void {
    const lane = this.#lane(name);
    const now = this.#clock.now();
    lane.pace = { ...lane.pace, holdUntil: Math.max(lane.pace.holdUntil, now + holdMs), window: 1 };
    this.update(lane);
  }

  /** Pauses a lane in which somebody waits that may not go yet, or resumes it; to be called when somebody comes or leaves. */
  update(name: LaneName): void {
    const lane = this.#lanes.get(keyOf(name));
    if (!lane) return;
    lane.cancelTimer();
    lane.cancelTimer = () => {};
    const now = this.#clock.now();
    const waiting = this.#control.waiting(lane);
    const opensAt = this.#opensAt(lane, waiting);
    const pauses = waiting > 0 && opensAt > now;
    if (pauses) lane.pausedAt = now;
    if (pauses !== lane.isPaused) this.#control[pauses ? "pause" : "resume"](lane);
    lane.isPaused = pauses;
    if (!pauses || opensAt === Infinity) return;
    lane.cancelTimer = this.#clock.schedule(() => this.#wake(lane), Math.ceil(opensAt - now));
  }

  /** Forgets, now and then, lanes that nobody uses and that ask for nothing any more. */
  sweep(): void {
    const now = this.#clock.now();
    if (now - this.#sweptAt < sweepEveryMs) return;
    this.#sweptAt = now;
    for (const lane of this.#lanes.values()) this.#forget(lane);
    const unused = [...this.#lanes.values()].filter((lane) => !this.#isUsed(lane));
    const surplus = Math.max(0, this.#lanes.size - mostLanes);
    const soonest = unused.toSorted((a, b) => a.pace.holdUntil - b.pace.holdUntil);
    for (const lane of soonest.slice(0, surplus)) this.#lanes.delete(keyOf(lane));
  }

  #isUsed(lane: PacedLane): boolean {
    return lane.inFlight > 0 || this.#control.waiting(lane) > 0;
  }

  #wake(lane: PacedLane): void {
    this.update(lane);
    if (!lane.isPaused) this.#control.onTime(lane);
  }

  /** When it lets somebody through; Infinity: when a request ends. */
  #opensAt({ pace, inFlight }: PacedLane, waiting: number): number {
    if (inFlight >= pace.window) return Infinity;
    return nextRequestAt(pace, { now: this.#clock.now(), waiting });
  }

  #forget(lane: PacedLane): void {
    const isForgotten = !this.#isUsed(lane) && isForgettable(lane.pace, this.#clock.now());
    if (isForgotten) this.#lanes.delete(keyOf(lane));
  }

  #lane({ namespace, host }: LaneName): PacedLane {
    const key = keyOf({ namespace, host });
    const known = this.#lanes.get(key);
    if (known) return known;
    const lane = {
      ...{ namespace, host, pace: freePace, inFlight: 0 },
      ...{ pausedAt: -Infinity, isPaused: false, cancelTimer: () => {} },
    };
    this.#lanes.set(key, lane);
    return lane;
  }
}

/** No name of a namespace has a slash. */
function keyOf({ namespace, host }: LaneName): string {
  return `${namespace}/${host}`;
}
