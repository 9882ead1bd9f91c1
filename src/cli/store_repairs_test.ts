import assert from "node:assert/strict";
import { packedFile } from "../../tests/contract/store_fixtures.ts";
import { ManualClock } from "../../tests/manual_clock.ts";
import { artifactOf, sourceOf } from "../../tests/source_fixtures.ts";
import { type SourceKey, sourceKey } from "../core/source_key.ts";
import { MemoryStore } from "../store/memory_store.ts";
import type { OperatorParts } from "./operator_parts.ts";
import { StoreRepairs } from "./store_repairs.ts";

const source = sourceOf({});
const key = sourceKey(source.metadata);

/** What is fetched when the scrub has found that an artifact is missing. */
async function fetchedFor(
  state: (repairs: StoreRepairs, put: () => Promise<void>) => void | Promise<void>,
  { isOwn = true, isOwnByNow = true } = {},
): Promise<readonly SourceKey[]> {
  const directory = await Deno.makeTempDir();
  try {
    const packed = await packedFile(directory, new TextEncoder().encode("document"));
    const store = new MemoryStore(2 ** 20, new ManualClock());
    const fetched: SourceKey[] = [];
    const parts = {
      bareStore: store,
      stages: { store },
      role: { members: { owns: () => isOwnByNow } },
    };
    const repairs = new StoreRepairs({
      operator: parts as unknown as OperatorParts,
      backoff: () => 0,
      newSpoolFile: () => assert.fail("nothing is spooled"),
      fetch: (each) => void fetched.push(each),
    }, new AbortController().signal);
    await state(repairs, () => store.put(packed.key, packed.artifact));
    const { size } = packed.artifact;
    const artifact = { ...artifactOf("a"), path: packed.key, size };
    await repairs.scrub().onLost(key, { source, artifact, isOwn, state: "missing" });
    return fetched;
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
}

Deno.test("StoreRepairs has a source fetched whose artifact is gone", async () => {
  assert.deepEqual(await fetchedFor(() => {}), [key]);
});

Deno.test("StoreRepairs leaves what a restart has lost to the fetch that is planned for it", async () => {
  assert.deepEqual(await fetchedFor((repairs) => repairs.lose(key)), []);
});

Deno.test("StoreRepairs fetches nothing for what has been put again since it was looked at", async () => {
  assert.deepEqual(await fetchedFor((_, put) => put()), []);
});

Deno.test("StoreRepairs fetches nothing for what others own, unless it is ours by now", async () => {
  assert.deepEqual(await fetchedFor(() => {}, { isOwn: false, isOwnByNow: false }), []);
  assert.deepEqual(await fetchedFor(() => {}, { isOwn: false, isOwnByNow: true }), [key]);
});
