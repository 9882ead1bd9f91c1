import type { Clock } from "../core/clock.ts";
import type { ArtifactStore, StoredInfo } from "./artifact_store.ts";

/** How long an answer is believed, in milliseconds. */
const believedMs = 300_000;
const maxKeys = 50_000;

/**
 * A store that is asked once in five minutes whether it has a key: each interval of each source wants to know, and on a
 * paid store 10,000 sources a minute are 400 million requests a month. Only a yes is remembered, and not if a read finds otherwise.
 */
export function rememberStats(store: ArtifactStore, clock: Pick<Clock, "now">): ArtifactStore {
  const known = new Map<string, { readonly info: StoredInfo; readonly until: number }>();
  const remember = (info: StoredInfo) => {
    known.delete(info.key);
    known.set(info.key, { info, until: clock.now() + believedMs });
    if (known.size > maxKeys) known.delete(known.keys().next().value!);
  };
  const found = <Result>(key: string, result: Result): Result => {
    if (!result) known.delete(key);
    return result;
  };
  return {
    async put(key, artifact) {
      known.delete(key);
      await store.put(key, artifact);
      remember({ key, size: artifact.size, lastPut: clock.now() });
    },
    open: async (key) => found(key, await store.open(key)),
    async stat(key) {
      const answer = known.get(key);
      if (answer && answer.until > clock.now()) return answer.info;
      const info = found(key, await store.stat(key));
      if (info) remember(info);
      return info;
    },
    delete(key, condition) {
      known.delete(key);
      return store.delete(key, condition);
    },
    verify: async (key, digest) => found(key, await store.verify(key, digest)),
    list: (prefix) => store.list(prefix),
    readMark: (name) => store.readMark(name),
    writeMark: (name, text, options) => store.writeMark(name, text, options),
    close: () => store.close(),
    links: store.links,
  };
}
