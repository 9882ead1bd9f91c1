import { createHash } from "node:crypto";
import { pipeline } from "node:stream/promises";
import type { Document } from "../core/document.ts";
import { fileErrorState } from "../core/file_error.ts";
import { digestOf, revisionOf } from "../core/revision.ts";
import { StepError } from "../core/step_error.ts";
import { deterministicGzip } from "./deterministic_gzip.ts";
import type { PackedArtifact } from "./packed_artifact.ts";
import { tarDocument } from "./tar_document.ts";

/** What to pack, and where to. */
export interface PackOptions {
  /** Path in the archive, as `resolveDestinationPath()` gives it. */
  readonly path: string;
  /** Path of a file that does not exist yet. */
  readonly outputFile: string;
  readonly signal?: AbortSignal;
}

type Pieces = AsyncIterable<Uint8Array>;

/**
 * Packs a document as a tar.gz: the same document and path always give the same bytes (DESIGN §7). Memory does not grow
 * with the document. A failed pack leaves no output file.
 *
 * @throws {StepError} class `storage`, if the temporary directory cannot take it
 * @throws {DOMException} `AbortError`, or the reason of `options.signal`
 */
export async function packDocument(
  document: Document,
  options: PackOptions,
): Promise<PackedArtifact> {
  try {
    using output = await Deno.open(options.outputFile, {
      write: true,
      createNew: true,
      mode: 0o600,
    });
    return await packInto(output, document, options).catch(async (error: unknown) => {
      await Deno.remove(options.outputFile);
      throw error;
    });
  } catch (error) {
    options.signal?.throwIfAborted();
    const state = fileErrorState(error);
    if (state === undefined) throw error;
    throw new StepError(`Cannot pack ${JSON.stringify(options.path)}: ${state}`, {
      class: "storage",
      reason: "StorageOperationFailed",
      cause: error,
    });
  }
}

async function packInto(
  output: Deno.FsFile,
  document: Document,
  options: PackOptions,
): Promise<PackedArtifact> {
  const tarHash = createHash("sha256");
  const gzipHash = createHash("sha256");
  let size = 0;
  await pipeline(
    tarDocument(document, options.path),
    async function* (pieces: Pieces) {
      for await (const piece of pieces) {
        tarHash.update(piece);
        yield piece;
      }
    },
    deterministicGzip(document.size),
    async (pieces: Pieces) => {
      for await (const piece of pieces) {
        gzipHash.update(piece);
        size += piece.length;
        await writeAll(output, piece);
      }
    },
    options.signal ? { signal: options.signal } : {},
  );
  return {
    file: options.outputFile,
    size,
    digest: digestOf(gzipHash.digest("hex")),
    revision: revisionOf(tarHash.digest("hex")),
  };
}

async function writeAll(file: Deno.FsFile, bytes: Uint8Array): Promise<void> {
  for (let written = 0; written < bytes.length;) {
    written += await file.write(bytes.subarray(written));
  }
}
