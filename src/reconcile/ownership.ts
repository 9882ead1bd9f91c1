import type { SourceKey } from "../core/source_key.ts";

/** What a replica knows of the owners of sources. */
export interface Ownership {
  /** Our own name, for `status.owner`; undefined without a cluster. */
  readonly self: string | undefined;
  /** Sources of ours whose former owner may still have a write on its way. */
  readonly unfenced: Set<SourceKey>;
}
