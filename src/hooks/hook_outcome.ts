import type { HookCall } from "./hook_call.ts";
import type { HookResult } from "./hook_runner.ts";

/** The last frame of the answer to `POST /execute/stream`, as JSON. */
export type HookOutcome =
  | HookResult
  /** Reason of a `HookRefused`. */
  | { readonly refused: string }
  /** State of a `HookUnavailable`. */
  | { readonly unavailable: string };

/** The first line of a request of `POST /execute/stream`. @returns undefined if it is none */
export function parseHookCall(value: unknown): HookCall | undefined {
  if (typeof value !== "object" || value === null) return undefined;
  const { command, args, env, timeoutMs } = value as Record<string, unknown>;
  const isCall = typeof command === "string" && isTexts(args) && Array.isArray(args) &&
    isTexts(env) && typeof timeoutMs === "number" && timeoutMs >= 0;
  return isCall ? { command, args, env: { ...env }, timeoutMs } : undefined;
}

function isTexts(value: unknown): value is Record<string, string> {
  return typeof value === "object" && value !== null &&
    Object.values(value).every((each) => typeof each === "string");
}

/** What the other side sent as the last frame. @returns undefined if it is none */
export function parseHookOutcome(text: string): HookOutcome | undefined {
  const value: unknown = parseJson(text);
  if (typeof value !== "object" || value === null) return undefined;
  const { refused, unavailable, end, durationMs, stderr } = value as Record<string, unknown>;
  if (typeof refused === "string") return { refused };
  if (typeof unavailable === "string") return { unavailable };
  const isResult = typeof end === "object" && end !== null && "kind" in end &&
    typeof durationMs === "number" && typeof stderr === "string";
  return isResult ? value as HookResult : undefined;
}

/** @returns undefined if it is no JSON */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
