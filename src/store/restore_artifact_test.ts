import assert from "node:assert/strict";
import { bytesOf, packedFile, readKey } from "../../tests/contract/store.ts";
import { ManualClock } from "../../tests/manual_clock.ts";
import { ArtifactCache } from "./cache/artifact_cache.ts";
import type { ArtifactStore } from "./artifact_store.ts";
import { CachedStore } from "./cache/cached_store.ts";
import { MemoryStore } from "./memory_store.ts";
import { restoreArtifact } from "./restore_artifact.ts";
import { storageError } from "./storage_error.ts";

/** A store with a cache in front of it, and an artifact that was put through both. */
async function inWorld(
  body: (world: {
    readonly far: MemoryStore;
    readonly store: CachedStore;
    readonly key: string;
    readonly restore: (
      change?: { readonly digest?: string; readonly store?: Pick<ArtifactStore, "open" | "put"> },
    ) => Promise<boolean>;
    readonly abort: AbortController;
  }) => Promise<void>,
): Promise<void> {
  const folder = await Deno.makeTempDir();
  const clock = new ManualClock();
  for (const name of ["cache", "spool"]) await Deno.mkdir(`${folder}/${name}`);
  const far = new MemoryStore(2 ** 20, clock);
  const cache = new ArtifactCache({ directory: `${folder}/cache`, limitBytes: 2 ** 20 });
  const store = new CachedStore({ store: far, cache, clock });
  const { key, artifact } = await packedFile(folder, bytesOf(1));
  await store.put(key, artifact);
  const abort = new AbortController();
  const newFile = () => `${folder}/spool/file`;
  try {
    const content = { path: key, digest: artifact.digest, size: artifact.size };
    await body({
      ...{ far, store, key, abort },
      restore: ({ digest = artifact.digest, ...change } = {}) =>
        restoreArtifact({ ...content, digest }, {
          ...{ store, newFile, signal: abort.signal, ...change },
        }),
    });
    assert.deepEqual(await Array.fromAsync(Deno.readDir(`${folder}/spool`)), []);
  } finally {
    await store.close();
    await Deno.remove(folder, { recursive: true });
  }
}

Deno.test("restoreArtifact() puts back from the cache what the store has lost", async () => {
  await inWorld(async ({ far, key, restore }) => {
    await far.delete(key);
    assert.equal(await restore(), true);
    assert.deepEqual(await readKey(far, key), bytesOf(1));
  });
});

Deno.test("restoreArtifact() puts nothing back that the cache does not have, or not as it was published", async () => {
  await inWorld(async ({ far, store, key, restore }) => {
    await far.delete(key);
    assert.equal(await restore({ digest: `sha256:${"0".repeat(64)}` }), false);
    assert.equal(await far.stat(key), undefined);
    await store.delete(key);
    assert.equal(await restore(), false);
    assert.equal(await far.stat(key), undefined);
  });
});

Deno.test("restoreArtifact() says no when the store does not take it, or nobody waits any more", async () => {
  await inWorld(async ({ far, store, key, restore, abort }) => {
    await far.delete(key);
    const put = () => Promise.reject(storageError("Cannot store: it does not answer"));
    const open = (each: string) => store.open(each);
    assert.equal(await restore({ store: { open, put } }), false);
    const bug = () => Promise.reject(new TypeError("a bug"));
    await assert.rejects(restore({ store: { open, put: bug } }), TypeError);
    abort.abort();
    assert.equal(await restore(), false);
    assert.equal(await far.stat(key), undefined);
  });
});
