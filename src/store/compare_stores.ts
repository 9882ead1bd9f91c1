import { StepError } from "../core/step_error.ts";
import type { ArtifactStore, StoredInfo } from "./artifact_store.ts";
import { storageError } from "./storage_error.ts";

/** An artifact of one store, and what another has under its key. */
export interface StoredPair {
  readonly from: StoredInfo;
  readonly to: StoredInfo | undefined;
}

/**
 * Every artifact of `from` beside that of `to`: both are listed once, in the order of keys, and no key is asked for alone.
 *
 * @throws {StepError} class `storage` if one cannot be listed: `FROM: Cannot list …` or `TO: Cannot list …`
 */
export async function* compareStores(
  from: Pick<ArtifactStore, "list">,
  to: Pick<ArtifactStore, "list">,
): AsyncGenerator<StoredPair, undefined> {
  const others = listOf("TO", to)[Symbol.asyncIterator]();
  try {
    let other = await others.next();
    for await (const info of listOf("FROM", from)) {
      while (!other.done && other.value.key < info.key) other = await others.next();
      const isThere = !other.done && other.value.key === info.key;
      yield { from: info, to: isThere ? other.value : undefined };
    }
  } finally {
    await others.return?.();
  }
  return undefined;
}

/** The artifacts of a store; what fails says which of the two it is. */
async function* listOf(
  role: "FROM" | "TO",
  store: Pick<ArtifactStore, "list">,
): AsyncIterable<StoredInfo> {
  try {
    yield* store.list("artifacts/");
  } catch (error) {
    throw error instanceof StepError ? storageError(`${role}: ${error.message}`, error) : error;
  }
}
