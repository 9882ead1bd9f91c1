import type { Document } from "../core/document.ts";

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

/** What to pack, and where to. */
export interface PackOptions {
  /** Path in the archive, as `resolveDestinationPath()` gives it. */
  readonly path: string;
  /** Path of a file that does not exist yet. */
  readonly outputFile: string;
  readonly signal?: AbortSignal;
}
export type { Document };
