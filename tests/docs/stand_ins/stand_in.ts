/** What a stand-in for a program was started with, and how it reaches the real ones. */
export interface StandInCall {
  /** Behind the name of the program. */
  readonly args: readonly string[];
  /** What the page has its reader build, if it does. */
  readonly builtImages: readonly string[];
  /** Runs a built program in the folder of the page; throws with its standard error if it fails. */
  readonly run: (name: string, args: readonly string[], stdin?: string) => Promise<string>;
}

/**
 * Does as much of what a page tells its reader to do as can be done in a test, and prints what that printed.
 *
 * @throws {Error} if the reader would have been told something wrong
 */
export type StandIn = (call: StandInCall) => Promise<string>;
