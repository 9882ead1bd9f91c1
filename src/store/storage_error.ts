import { fileErrorState } from "../core/file_error.ts";
import { StepError } from "../core/step_error.ts";

/**
 * A failure of class `storage`. Its message must not name a path: it is published in conditions.
 *
 * @param message `Cannot VERB "key": state`
 */
export function storageError(message: string, cause?: unknown): StepError {
  return new StepError(message, { class: "storage", reason: "StorageOperationFailed", cause });
}

/** What is stored under a key is not what was put there, however often it is read: a failure of class `storage`. */
export class DamagedArtifact extends StepError {
  /** @param message as of {@linkcode storageError} */
  constructor(message: string, cause?: unknown) {
    super(message, { class: "storage", reason: "StorageOperationFailed", cause });
  }
}

/**
 * What to throw when `action` failed: a storage failure if the operating system refused it, else the error itself.
 *
 * @param action `Cannot VERB "key"`
 */
export function asStorageError(action: string, error: unknown): unknown {
  const state = fileErrorState(error);
  return state === undefined ? error : storageError(`${action}: ${state}`, error);
}
