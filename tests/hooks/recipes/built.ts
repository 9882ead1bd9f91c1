/** What came of a source. */
export interface Built {
  readonly document: Uint8Array;
  /** `sha256:` of the tar.gz. */
  readonly digest: string;
  readonly revision: string;
}
