import { artifactKey } from "../core/artifact_key.ts";
import type { StoredContent } from "../core/artifact.ts";
import { resolveDestinationPath } from "../core/destination_path.ts";
import type { Document } from "../core/document.ts";
import { hexOf } from "../core/revision.ts";
import type { NamespacedName } from "../core/source_key.ts";
import type { Fetched } from "../generate/generator.ts";
import type { PackOptions } from "../pack/pack_document.ts";
import type { PackedArtifact } from "../pack/packed_artifact.ts";
import type { ArtifactStore } from "../store/artifact_store.ts";

/** A document that came in full. */
export type FetchedDocument = Extract<Fetched, { changed: true }>;

/** The stages that make an artifact of a document. */
export interface ProduceStages {
  readonly pack: (document: Document, options: PackOptions) => Promise<PackedArtifact>;
  readonly store: Pick<ArtifactStore, "put">;
}

/** What to make, and where its temporary file goes. */
export interface ProduceOptions {
  readonly source: NamespacedName;
  /** As `pathOf()` gives it. */
  readonly path: string;
  readonly outputFile: string;
  /** Told what the artifact is before the store is asked to take it. */
  readonly onPacked: (content: StoredContent) => void;
  readonly signal: AbortSignal;
}

/** The document's path in the archive. @throws {StepError} `InvalidPath` */
export function pathOf(destinationPath: string | undefined, fetched: FetchedDocument): string {
  return resolveDestinationPath(destinationPath, fetched.finalUrl);
}

/** Packs a document and stores it durably; leaves no temporary file. @throws {StepError} class `storage` */
export async function produceArtifact(
  stages: ProduceStages,
  document: Document,
  options: ProduceOptions,
): Promise<StoredContent> {
  const { source: { namespace, name }, path, outputFile, signal } = options;
  try {
    const packed = await stages.pack(document, { path, outputFile, signal });
    const hex = hexOf(packed.digest);
    if (hex === undefined) {
      throw new TypeError(`Cannot name an artifact of digest "${packed.digest}"`);
    }
    const key = artifactKey({ namespace, name, hex });
    const { revision, digest, size } = packed;
    const content = { path: key, revision, digest, size };
    options.onPacked(content);
    await stages.store.put(key, packed);
    return content;
  } finally {
    await Deno.remove(outputFile).catch(() => {}); // it does not exist if the pack failed early
  }
}
