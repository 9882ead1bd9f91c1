/** A command as a source asks for it, before anybody has allowed it. */
export interface HookCall {
  /** A bare name: looked up in a fixed list of directories, never a path. */
  readonly command: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  /** From the start of the process to its end, in milliseconds. */
  readonly timeoutMs: number;
}
