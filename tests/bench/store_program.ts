/**
 * Lists a store of a thousand sources and collects their garbage; prints its figures as JSON. Arguments: `memory` or `pvc`,
 * the directory of the store, and how many artifacts each source has.
 */
import { artifactKey } from "../../src/core/artifact_key.ts";
import { GarbageCollector } from "../../src/reconcile/garbage_collector.ts";
import { TaskPool } from "../../src/reconcile/task_pool.ts";
import type { ArtifactStore } from "../../src/store/artifact_store.ts";
import { MemoryStore } from "../../src/store/memory_store.ts";
import { pvc } from "../../src/store/pvc.ts";
import { artifactOf, sourceOf } from "../source_fixtures.ts";
import { memoryMiB, resetPeak } from "./process_figures.ts";
import { sourceCount, storedHex, storedSource } from "./stored_tree.ts";

const [kind = "", directory = "", perSource = "0"] = Deno.args;
const count = Number(perSource);
const clock = { now: () => Date.now(), schedule: () => () => {} };

async function open(): Promise<ArtifactStore> {
  if (kind === "pvc") return await pvc.open({ storagePath: directory, storageMinFree: 0 }, clock);
  const longAgo = { ...clock, now: () => Date.now() - 3_600_000 };
  const store = new MemoryStore(2 ** 30, longAgo);
  const file = `${directory}/artifact`;
  await Deno.writeTextFile(file, "");
  const digest = "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
  for (let source = 0; source < sourceCount; source++) {
    for (let index = 0; index < count; index++) {
      const key = artifactKey({ ...storedSource(source), hex: storedHex(index) });
      await store.put(key, { file, size: 0, digest });
    }
  }
  return store;
}

interface Figures {
  readonly seconds: number;
  /** The most memory in use above what was before, MiB. */
  readonly growth: number;
  readonly keys: number;
}

async function measured(work: () => Promise<number>): Promise<Figures> {
  const before = memoryMiB(Deno.pid, "VmRSS");
  resetPeak(Deno.pid);
  const start = performance.now();
  const keys = await work();
  const seconds = (performance.now() - start) / 1_000;
  return { seconds, growth: memoryMiB(Deno.pid, "VmHWM") - before, keys };
}

async function list(store: ArtifactStore): Promise<number> {
  let keys = 0;
  for await (const _ of store.list("")) keys++;
  return keys;
}

async function collect(store: ArtifactStore): Promise<number> {
  let deleted = 0;
  const collector = new GarbageCollector({
    objects: {
      sources: { get: () => sourceOf({}) },
      artifacts: { state: "synced" },
      readArtifact: () => Promise.resolve(undefined),
      readSource: (name) =>
        Promise.resolve(sourceOf({ status: { artifact: artifactOf("0", name) } })),
    },
    store: {
      list: (prefix) => store.list(prefix),
      async delete(key, condition) {
        const isGone = await store.delete(key, condition);
        if (isGone) deleted++;
        return isGone;
      },
    },
    // It has run for an hour: whatever was replaced, was before.
    clock: { ...clock, now: afterAnHour() },
    isWanted: () => false,
    ttlMs: 60_000,
    records: 2,
    onProblem: (action, error) => {
      throw new Error(action, { cause: error });
    },
  });
  const pool = new TaskPool(4);
  for (let source = 0; source < sourceCount; source++) {
    const { namespace, name } = storedSource(source);
    const key = `${namespace}/${name}` as const;
    await pool.start(() => collector.collect(key));
  }
  await pool.drained();
  return deleted;
}

function afterAnHour(): () => number {
  let isFirst = true;
  return () => {
    const now = Date.now() - (isFirst ? 3_600_000 : 0);
    isFirst = false;
    return now;
  };
}

const store = await open();
const listing = await measured(() => list(store));
const garbage = await measured(() => collect(store));
console.log(JSON.stringify({ listing, garbage }));
await store.close();
