import type { HostLimits } from "../core/host_limits.ts";

/** How fast a host lets itself be asked for one namespace; times in milliseconds, moments by any one clock. */
export interface HostPace {
  /** Shortest time between two requests, learned from its refusals. */
  readonly gapMs: number;
  /** When the gap grew last. */
  readonly grownAt: number;
  /** How many requests may be in flight. */
  readonly window: number;
  /** Until when the host wants no request. */
  readonly holdUntil: number;
  /** What it said is left, less what was sent since. */
  readonly budget: { readonly left: number; readonly resetAt: number } | undefined;
  /** When the last request was sent. */
  readonly sentAt: number;
}

/** That of a host which has asked for nothing. */
export const freePace: HostPace = {
  gapMs: 0,
  grownAt: 0,
  window: Infinity,
  holdUntil: 0,
  budget: undefined,
  sentAt: 0,
};

/** An answer, and the request that it is to. */
export interface PacedAnswer {
  readonly now: number;
  readonly sentAt: number;
  /** Whether it was what was asked for. */
  readonly isSuccess: boolean;
  readonly limits: HostLimits | undefined;
  /** Requests of the same namespace that are still on their way. */
  readonly inFlight: number;
}

const smallestGapMs = 100;
/** No gap is longer: a longer wait is for the host to ask for. */
const largestGapMs = 10_000;
/** A gap below this is none. */
const negligibleGapMs = 10;
/** What a success takes off the gap. */
const shrinkBy = 1 / 16;
const largestWindow = 8;

/** The pace once another request is sent. */
export function paceAfterRequest(pace: HostPace, now: number): HostPace {
  const { budget } = pace;
  if (!budget) return { ...pace, sentAt: now };
  return { ...pace, sentAt: now, budget: { ...budget, left: Math.max(0, budget.left - 1) } };
}

/**
 * The pace once an answer has come. Each refusal doubles the gap, but those of requests sent before the last time count as
 * one; each success takes a sixteenth off it. After a refusal or a hold one request goes alone, then twice as many with each
 * success: who waited must not come as one burst.
 */
export function paceAfterAnswer(pace: HostPace, answer: PacedAnswer): HostPace {
  const { now, limits, inFlight } = answer;
  const { holdMs = 0, budget } = limits ?? {};
  const isNew = !limits?.isRefusal || answer.sentAt >= pace.grownAt;
  const learned = limits?.isRefusal
    ? { ...pace, ...(isNew ? { gapMs: grown(pace.gapMs), grownAt: now } : {}), window: 1 }
    : answer.isSuccess
    ? { ...pace, gapMs: shrunk(pace.gapMs), window: widened(pace.window) }
    : pace;
  return {
    ...learned,
    ...(holdMs > 0 ? { holdUntil: Math.max(pace.holdUntil, now + holdMs), window: 1 } : {}),
    budget: budget
      ? { left: Math.max(0, budget.left - inFlight), resetAt: now + budget.resetMs }
      : unexpired(pace.budget, now),
  };
}

/**
 * When the next request may be sent, as far as time decides.
 *
 * What is left of a window is spread over the rest of it only if more wait than that: else all can go at once.
 *
 * @param waiting who wants to be sent, the next one included
 */
export function nextRequestAt(
  pace: HostPace,
  { now, waiting }: { readonly now: number; readonly waiting: number },
): number {
  return Math.max(pace.holdUntil, pace.sentAt + gapOf(pace, { now, waiting }));
}

/** Milliseconds between two requests, if so many wait. */
export function gapOf(
  pace: HostPace,
  { now, waiting }: { readonly now: number; readonly waiting: number },
): number {
  const budget = unexpired(pace.budget, now);
  if (!budget || budget.left >= waiting) return pace.gapMs;
  const spread = (budget.resetAt - now) / Math.max(1, budget.left);
  return Math.max(pace.gapMs, Math.min(spread, largestGapMs));
}

/** What was learned that nobody has tried for so long says nothing about today. */
const forgetAfterMs = 10 * 60_000;

/** Whether nothing would be lost with it. */
export function isForgettable(pace: HostPace, now: number): boolean {
  if (pace.holdUntil > now || unexpired(pace.budget, now)) return false;
  const isFree = pace.gapMs === 0 && pace.window === Infinity;
  return isFree || now - Math.max(pace.sentAt, pace.holdUntil) > forgetAfterMs;
}

function grown(gapMs: number): number {
  return Math.min(largestGapMs, Math.max(smallestGapMs, 2 * gapMs));
}

function shrunk(gapMs: number): number {
  const next = gapMs * (1 - shrinkBy);
  return next < negligibleGapMs ? 0 : next;
}

function widened(window: number): number {
  return window * 2 > largestWindow ? Infinity : window * 2;
}

function unexpired(budget: HostPace["budget"], now: number): HostPace["budget"] {
  return budget && budget.resetAt > now ? budget : undefined;
}
