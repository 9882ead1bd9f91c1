import type { HookCall } from "./hook_call.ts";

/** Where the input of a hook comes from and its output goes to, both in pieces and with back pressure. */
export interface HookStreams {
  /**
   * Standard input, in pieces that are valid until the next one is asked for. A command that ends without reading all of
   * it is no failure.
   */
  readonly stdin: AsyncIterable<Uint8Array>;
  /** Takes standard output; a piece is valid until the promise has settled. */
  write(piece: Uint8Array): Promise<void>;
  /** Ends the command and everything that it has started; its reason is thrown. */
  readonly signal: AbortSignal;
}

/** How a command ended. */
export type HookEnd =
  | { readonly kind: "exit"; readonly code: number }
  /** Ended by a signal that is not ours, such as `SIGKILL` of a kernel out of memory or `SIGXCPU` of a limit. */
  | { readonly kind: "signal"; readonly signal: string }
  | { readonly kind: "timeout" }
  /** It printed more than it may. */
  | { readonly kind: "output"; readonly maxBytes: number }
  /** There is no such program where programs are looked up, or it is not the one of the whitelist's `sha256`. */
  | { readonly kind: "absent"; readonly state: string };

/** What is known of a run afterwards. */
export interface HookResult {
  readonly end: HookEnd;
  readonly durationMs: number;
  /** The first 4 KiB of standard error, for the debug log only: it may quote the document. */
  readonly stderr: string;
}

/**
 * Where hooks run: in this process (`local`, `build`, the sidecar itself) or in the sidecar. One contract suite,
 * `tests/contract/hook_runner.ts`, runs over both. When `run` settles, nothing of the command is left: no process, also
 * none that left the process group, no descriptor, no file.
 */
export interface HookRunner {
  /**
   * @throws {HookRefused} if the whitelist does not allow the call
   * @throws {HookUnavailable} if it cannot be run now: no sidecar, no whitelist, too many hooks at once for too long
   */
  run(call: HookCall, streams: HookStreams): Promise<HookResult>;
}
