/** The part of a Kubernetes Secret that this operator reads. */
export interface Secret {
  readonly name: string;
  readonly resourceVersion: string;
  /** Decoded values by key. */
  readonly data: Readonly<Record<string, Uint8Array>>;
}
