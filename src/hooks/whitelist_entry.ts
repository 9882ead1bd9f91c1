import type { RE2JS } from "re2js";

/** What a whitelist says of one command. */
export interface WhitelistEntry {
  readonly name: string;
  /** Where it stands in the file, counted from 1. */
  readonly line: number;
  readonly allowed: boolean;
  /** Every argument must match one of them in full; none: any argument. */
  readonly patterns: readonly RE2JS[];
  /** Absolute. */
  readonly path?: string;
  /** 64 lower-case hex digits. */
  readonly sha256?: string;
  /** Names of variables that a source may set. */
  readonly env: readonly string[];
  /** Bytes of standard output. */
  readonly maxOutput: number;
  /** The table of known commands does not apply. */
  readonly unsafe: boolean;
}
