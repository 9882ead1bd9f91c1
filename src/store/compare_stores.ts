import type { ArtifactStore, StoredInfo } from "./artifact_store.ts";

/** An artifact of one store, and what another has under its key. */
export interface StoredPair {
  readonly from: StoredInfo;
  readonly to: StoredInfo | undefined;
}

/** Every artifact of `from` beside that of `to`: both are listed once, in the order of keys, and no key is asked for alone. */
export async function* compareStores(
  from: Pick<ArtifactStore, "list">,
  to: Pick<ArtifactStore, "list">,
): AsyncGenerator<StoredPair, undefined> {
  const others = to.list("artifacts/")[Symbol.asyncIterator]();
  try {
    let other = await others.next();
    for await (const info of from.list("artifacts/")) {
      while (!other.done && other.value.key < info.key) other = await others.next();
      const isThere = !other.done && other.value.key === info.key;
      yield { from: info, to: isThere ? other.value : undefined };
    }
  } finally {
    await others.return?.();
  }
  return undefined;
}
