/**
 * What is about to be asked of an upstream. Made by a generator from the spec and its Secrets; the first three fields
 * are what a pre-request hook sees and may replace.
 */
export interface SourceRequest {
  readonly url: string;
  readonly method: string;
  /** Names as the user wrote them. May hold credentials: never log or publish. */
  readonly headers: Readonly<Record<string, string>>;
  /** Names of the headers that came from a Secret: dropped when a redirect changes the origin. */
  readonly secretHeaders: readonly string[];
  readonly tls: {
    /** PEM; replaces the system's roots. */
    readonly ca?: string;
    readonly insecureSkipVerify: boolean;
  };
}
