import type { HookCall } from "./hook_call.ts";

/** What a whitelist says of a call. */
export type Verdict =
  | {
    readonly allowed: true;
    /** Absolute paths to try in order; the first that exists is the command. */
    readonly paths: readonly string[];
    /** Lower-case hex that the file must have. */
    readonly sha256?: string;
    /** Bytes of standard output. */
    readonly maxOutput: number;
  }
  | { readonly allowed: false; readonly reason: string };

/** A parsed whitelist file. */
export interface Whitelist {
  check(call: Pick<HookCall, "command" | "args" | "env">): Verdict;
  /** Lower-case hex SHA-256 of the file: part of a source's fingerprint. */
  readonly hash: string;
}
