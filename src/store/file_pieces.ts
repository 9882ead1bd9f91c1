const pieceBytes = 64 * 1024;

/** The rest of a file, in pieces that are valid until the next one is asked for. */
export async function* filePieces(file: Deno.FsFile): AsyncGenerator<Uint8Array<ArrayBuffer>> {
  const buffer = new Uint8Array(pieceBytes);
  for (let count = await file.read(buffer); count !== null; count = await file.read(buffer)) {
    yield buffer.subarray(0, count);
  }
}
