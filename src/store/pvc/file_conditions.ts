import { fileErrorCode } from "../../core/file_error.ts";

/** Whether an error says that there is nothing under a path. */
export function isAbsence(error: unknown): boolean {
  return error instanceof Deno.errors.NotFound || error instanceof Deno.errors.NotADirectory ||
    error instanceof Deno.errors.FilesystemLoop;
}

/** For `catch`: nothing under a path is no error. @throws what else it is given */
export function ignoreAbsence(error: unknown): undefined {
  if (!isAbsence(error)) throw error;
}

/** Whether an error says that nothing more fits onto a volume. */
export function isFull(error: unknown): boolean {
  return ["ENOSPC", "EDQUOT"].includes(fileErrorCode(error) ?? "");
}

/** For `catch`: undefined where nothing more fits. @throws what else it is given */
export function ignoreFull(error: unknown): undefined {
  if (!isFull(error)) throw error;
}
