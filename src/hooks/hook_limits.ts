/** What one process of a hook may use; the kernel enforces it (setrlimit(2)). */
export interface HookLimits {
  /** Bytes of private memory, RLIMIT_DATA. */
  readonly memory: number;
  /** Bytes of the largest file it may write. */
  readonly fileSize: number;
  /** Open files. */
  readonly files: number;
  /** Processes and threads of our user, ourselves included; only under a user that nobody else runs under. */
  readonly processes?: number;
}

/** Enough for jq over the largest document of the default settings. */
export const defaultHookLimits: HookLimits = {
  memory: 4 * 2 ** 30,
  fileSize: 2 ** 30,
  files: 256,
};
