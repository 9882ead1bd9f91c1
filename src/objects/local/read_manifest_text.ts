import { fileErrorState } from "../../core/file_error.ts";

/** The API server takes no object over 1.5 MiB; a larger file is a mistake, and parsing it would halt everything else. */
export const maxManifestBytes = 1_048_576;

/** The text of a file, or in plain words why there is none. */
export type ManifestText =
  | { readonly text: string; readonly refusal?: never; readonly missing?: never }
  | { readonly text?: never; readonly refusal: string; readonly missing: boolean };

/**
 * Reads a YAML file: of UTF-8, at most {@linkcode maxManifestBytes}; a regular one, unless a named pipe is what the user
 * gave, as the shell's `<(command)` does.
 */
export async function readManifestText(
  file: string,
  { mayBePipe = false }: { readonly mayBePipe?: boolean } = {},
): Promise<ManifestText> {
  try {
    const { isFile, isDirectory, isFifo, size } = await Deno.stat(file);
    if (isDirectory) return refuse("it is a directory, a file is wanted");
    if (isFifo && mayBePipe) return await readManifestStream((await Deno.open(file)).readable);
    // Opening a named pipe would wait for its writer.
    if (!isFile) return refuse("it is not a regular file");
    if (size > maxManifestBytes) {
      return refuse(`it has ${size} bytes, at most ${maxManifestBytes} are read`);
    }
    return decode(await Deno.readFile(file));
  } catch (error) {
    const state = fileErrorState(error);
    if (state === undefined) throw error;
    return { refusal: state, missing: error instanceof Deno.errors.NotFound };
  }
}

/** Reads YAML to the end of a stream: UTF-8, at most {@linkcode maxManifestBytes}. */
export async function readManifestStream(
  stream: ReadableStream<Uint8Array<ArrayBuffer>>,
): Promise<ManifestText> {
  const pieces: Uint8Array<ArrayBuffer>[] = [];
  let size = 0;
  for await (const piece of stream) {
    if ((size += piece.length) > maxManifestBytes) {
      return refuse(`it has more than ${maxManifestBytes} bytes`);
    }
    pieces.push(piece);
  }
  return decode(await new Blob(pieces).bytes());
}

function refuse(refusal: string): ManifestText {
  return { refusal, missing: false };
}

function decode(bytes: Uint8Array): ManifestText {
  try {
    return { text: new TextDecoder("utf-8", { fatal: true }).decode(bytes) };
  } catch {
    return refuse("it is not UTF-8 text"); // TypeError is all that a fatal decoder throws
  }
}
