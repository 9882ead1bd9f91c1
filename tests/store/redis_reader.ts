/**
 * A process that puts an artifact into Redis and reads it ten times at once. Arguments: `REDIS_URL`, the key, the artifact
 * as JSON. Prints how many bytes it read, and its resident memory, in bytes, before and at its highest.
 */
import type { ArtifactFile } from "../../src/store/artifact_store.ts";
import { openRedis, readOutcome } from "./redis_world.ts";

function memory(field: "VmRSS" | "VmHWM"): number {
  const status = Deno.readTextFileSync("/proc/self/status");
  return Number(new RegExp(`${field}:\\s+(\\d+) kB`).exec(status)![1]) * 1_024;
}

const [redisUrl = "", key = "", text = ""] = Deno.args;
const artifact = JSON.parse(text) as ArtifactFile;
const store = await openRedis({ redisUrl });
await store.stat(key); // The library is loaded.
const before = memory("VmRSS");
await store.put(key, artifact);
const outcomes = await Promise.all(
  Array.from({ length: 10 }, (_, index) => readOutcome(store, key, index % 2 ? "read" : "stream")),
);
const read = outcomes.reduce((sum, outcome) => {
  if (outcome === "absent" || outcome instanceof Error) throw outcome;
  if (outcome.digest !== artifact.digest) throw new Error("other bytes");
  return sum + outcome.size;
}, 0);
console.log(JSON.stringify({ before, highest: memory("VmHWM"), read }));
await store.close();
