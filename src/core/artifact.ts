/**
 * An artifact as Flux publishes it (`meta.Artifact` of fluxcd/pkg/apis/meta). Both `ExternalSource` and
 * `ExternalArtifact` carry one in `status.artifact`.
 */
export interface Artifact {
  /** Where consumers download the tar.gz with a plain GET. */
  readonly url: string;
  /** The key in the store, relative to its root: `artifacts/{namespace}/{name}/{hex}.tar.gz`. */
  readonly path: string;
  /** `latest@sha256:{hex of the uncompressed tar}`; the only signal of change for consumers. */
  readonly revision: string;
  /** `sha256:{hex of the tar.gz bytes}`. */
  readonly digest: string;
  /** Bytes of the tar.gz. */
  readonly size: number;
  /** RFC 3339. */
  readonly lastUpdateTime: string;
  readonly metadata?: Readonly<Record<string, string>>;
}

/** What a pack gives and a store takes: an artifact that is not published yet. */
export type StoredContent = Pick<Artifact, "path" | "revision" | "digest" | "size">;
