import { fileErrorState } from "../../core/file_error.ts";

/** The API server takes no object over 1.5 MiB; a larger file is a mistake, and parsing it would halt everything else. */
export const maxManifestBytes = 1_048_576;

/** The text of a file, or in plain words why there is none. */
export type ManifestText =
  | { readonly text: string; readonly refusal?: never; readonly missing?: never }
  | { readonly text?: never; readonly refusal: string; readonly missing: boolean };

/** Reads a YAML file: a regular file of UTF-8, at most {@linkcode maxManifestBytes}. */
export async function readManifestText(file: string): Promise<ManifestText> {
  try {
    const { isFile, isDirectory, size } = await Deno.stat(file);
    if (isDirectory) return refuse("it is a directory, a file is wanted");
    // Opening a named pipe would wait for its writer.
    if (!isFile) return refuse("it is not a regular file");
    if (size > maxManifestBytes) {
      return refuse(`it has ${size} bytes, at most ${maxManifestBytes} are read`);
    }
    const text = decode(await Deno.readFile(file));
    return text === undefined ? refuse("it is not UTF-8 text") : { text };
  } catch (error) {
    const state = fileErrorState(error);
    if (state === undefined) throw error;
    return { refusal: state, missing: error instanceof Deno.errors.NotFound };
  }
}

function refuse(refusal: string): ManifestText {
  return { refusal, missing: false };
}

function decode(bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    return undefined; // TypeError is all that a fatal decoder throws
  }
}
