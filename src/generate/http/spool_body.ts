import { createHash } from "node:crypto";
import type { Document } from "../../core/document.ts";
import { fileErrorState } from "../../core/file_error.ts";
import { StepError } from "../../core/step_error.ts";
import { rejected } from "./http_failure.ts";

/** Where a body goes. */
export interface SpoolOptions {
  /** Does not exist yet. */
  readonly file: string;
  /** Bytes above which the document is refused. */
  readonly maxSize: number;
  /** Called with the size of each piece as it comes. */
  readonly received: (bytes: number) => void;
}

function spoolError(error: unknown): unknown {
  const state = fileErrorState(error);
  if (state === undefined) return error;
  return new StepError(`Cannot spool the document: ${state}`, {
    class: "storage",
    reason: "StorageOperationFailed",
    cause: error,
  });
}

/** `write` may take less than it was given. */
async function writeAll(file: Deno.FsFile, piece: Uint8Array): Promise<void> {
  try {
    for (let rest = piece; rest.length > 0;) rest = rest.subarray(await file.write(rest));
  } catch (error) {
    throw spoolError(error);
  }
}

async function createFile(path: string): Promise<Deno.FsFile> {
  try {
    return await Deno.open(path, { createNew: true, write: true, mode: 0o600 });
  } catch (error) {
    throw spoolError(error);
  }
}

/** The refusal of a document that is larger than it may be. */
export function tooLarge(maxSize: number): Error {
  return rejected(`the document is larger than ${maxSize} bytes (--max-source-size)`);
}

/**
 * Writes a body to a file as it comes and hashes it on the way. Each write is a turn of the event loop, so a fast
 * upstream holds nobody up. What is written of a body that fails is removed.
 *
 * @throws {HttpFailure} `rejected` if it is too large
 * @throws {StepError} class `storage` if the file cannot be written
 */
export async function spoolBody(
  body: AsyncIterable<Uint8Array>,
  { file: path, maxSize, received }: SpoolOptions,
): Promise<Document> {
  const file = await createFile(path);
  const hash = createHash("sha256");
  let size = 0;
  let whole = false;
  try {
    for await (const piece of body) {
      size += piece.length;
      if (size > maxSize) throw tooLarge(maxSize);
      received(piece.length);
      hash.update(piece);
      await writeAll(file, piece);
    }
    whole = true;
    return { file: path, size, sha256: hash.digest("hex") };
  } finally {
    file.close();
    if (!whole) await Deno.remove(path);
  }
}
