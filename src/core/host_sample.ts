/** How a host lets itself be asked now. */
export interface HostSample {
  /** Host and port, never user info, path or query. */
  readonly host: string;
  /** Requests that wait to be sent to it, for whatever reason. */
  readonly waiting: number;
  /** The longest of its namespaces' shortest times between two requests, in milliseconds; 0: none. */
  readonly gapMs: number;
  /** The longest time for which it wants no request for a namespace, in milliseconds; 0: it takes them now. */
  readonly holdMs: number;
}
