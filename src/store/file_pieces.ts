const maxPieceBytes = 64 * 1024;

/**
 * The rest of a file, in pieces that are valid until the next one is asked for.
 *
 * @param expectedBytes what the file is thought to have: a small file costs a small buffer
 */
export async function* filePieces(
  file: Deno.FsFile,
  expectedBytes = maxPieceBytes,
): AsyncGenerator<Uint8Array<ArrayBuffer>> {
  // One more byte tells a file that has grown.
  const buffer = new Uint8Array(Math.min(maxPieceBytes, expectedBytes + 1));
  for (let count = await file.read(buffer); count !== null; count = await file.read(buffer)) {
    yield buffer.subarray(0, count);
  }
}
