import type { HookSpec } from "../core/external_source.ts";
import type { HookCall } from "./hook_call.ts";

/** When a hook runs. */
export type HookPhase = "preRequest" | "postRequest";

/** One hook of a source, checked, and where it stands. */
export interface HookStep {
  readonly name: string;
  readonly phase: HookPhase;
  /** Counted from 1. */
  readonly place: number;
  /** How many hooks its phase has. */
  readonly count: number;
  readonly retryPolicy: NonNullable<HookSpec["retryPolicy"]>;
  readonly call: HookCall;
}

const maxName = 64;

/** A hook as messages name it: `hook "to-yaml" (postRequest 2 of 3)`. */
export function nameStep({ name, phase, place, count }: HookStep): string {
  const short = name.length > maxName ? `${name.slice(0, maxName)}…` : name;
  return `hook ${JSON.stringify(short)} (${phase} ${place} of ${count})`;
}
