import { createReadStream } from "node:fs";
import { pipeline } from "node:stream/promises";
import { pack } from "tar-stream";
import type { Document } from "../core/document.ts";

const maxPieceBytes = 64 * 1024;

/**
 * The pieces of a tar with the document as its only entry. There are no entries for the directories above it: both
 * Flux's untar (0750) and tar itself (0755 under the usual umask) make them, and fewer entries are fewer ways to differ.
 * Paths that do not fit into a ustar header are written as PAX records.
 *
 * @param path as `resolveDestinationPath()` gives it
 * @throws {Error} if the file does not have the size that the document claims
 */
export async function* tarDocument(document: Document, path: string): AsyncGenerator<Uint8Array> {
  const tar = pack();
  const entry = tar.entry({
    name: path,
    size: document.size,
    type: "file",
    mode: 0o644,
    uid: 0,
    gid: 0,
    mtime: new Date(0),
  });
  const feeding = feed(document, entry as unknown as NodeJS.WritableStream)
    .then(() => tar.finalize(), (error: Error) => tar.destroy(error));
  try {
    for await (const piece of tar as AsyncIterable<Uint8Array>) yield piece;
  } finally {
    tar.destroy();
    await feeding;
  }
}

async function feed(document: Document, entry: NodeJS.WritableStream): Promise<void> {
  // A thousand small documents would leave as many buffers of 64 KiB to the garbage collector.
  const highWaterMark = Math.min(maxPieceBytes, document.size + 1);
  await pipeline(createReadStream(document.file, { highWaterMark }), entry);
}
