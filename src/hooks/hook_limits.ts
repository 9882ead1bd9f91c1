/** What one process of a hook may use; the kernel enforces it (setrlimit(2)). */
export interface HookLimits {
  /** Bytes of private memory, RLIMIT_DATA. */
  readonly memory: number;
  /** Bytes of the largest file it may write. */
  readonly fileSize: number;
  /** Open files. */
  readonly files: number;
  /** Processes and threads of our user, ourselves included; without effect where others run under it too, and for root. */
  readonly processes: number;
}

/** Enough for jq over a document of 100 MB, and for the threads of every hook at once. */
export const defaultHookLimits: HookLimits = {
  memory: 2 * 2 ** 30,
  fileSize: 2 ** 30,
  files: 256,
  processes: 512,
};
