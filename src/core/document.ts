/** A fetched (or transformed) document, spooled to a file of ours so that memory does not grow with it. */
export interface Document {
  /** The spool file; whoever asked for the document removes it. */
  readonly file: string;
  /** Bytes. */
  readonly size: number;
  /** Lower-case hex SHA-256 of the bytes as they came. */
  readonly sha256: string;
}

/** What an upstream said about the version of a document (RFC 9110 §8.8), to be sent back in the next request. */
export interface Validators {
  readonly etag?: string;
  readonly lastModified?: string;
}
