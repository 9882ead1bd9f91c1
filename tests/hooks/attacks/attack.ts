import type { HookEnd } from "../../../src/hooks/hook_runner.ts";

/** `POST /execute` as today's clients speak it, and `POST /execute/stream`. */
export type Form = "once" | "stream";

/** A call of the executor with its token, as a source could ask for it. */
export interface AttackCall {
  readonly command: string;
  readonly args?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  readonly stdin?: string;
  /** @default 10 s */
  readonly timeoutMs?: number;
}

/** A call that has to be refused, or contained: run and ended without harm. */
export interface Attack extends AttackCall {
  readonly what: string;
  /** A part of the reason for which it is not run. */
  readonly refused?: string;
  /** How it ends if it is run; several where the system decides. */
  readonly end?: HookEnd | readonly HookEnd[];
  /** All that is printed; not compared without it. */
  readonly stdout?: string;
  /** In which forms it is asked for; both if it costs little. */
  readonly forms?: readonly Form[];
}

/** A call that has to succeed, with exactly that output. */
export interface LegitimateCall extends AttackCall {
  readonly stdout: string;
}
