/** A tar.gz on disk, not stored yet. */
export interface PackedArtifact {
  /** A temporary file; whoever asked for the pack removes it. */
  readonly file: string;
  /** Bytes of the tar.gz. */
  readonly size: number;
  /** `sha256:` of the tar.gz bytes. */
  readonly digest: string;
  /** `latest@sha256:` of the uncompressed tar. */
  readonly revision: string;
}
