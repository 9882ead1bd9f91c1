/**
 * A process that puts packed artifacts into Redis for ever. Arguments: `REDIS_URL` and a JSON file with the puts. Prints
 * the key of each put that is done as a line.
 */
import type { ArtifactFile } from "../../src/store/artifact_store.ts";
import { openRedis } from "./redis_world.ts";

const [redisUrl = "", putsFile = ""] = Deno.args;
const puts = JSON.parse(await Deno.readTextFile(putsFile)) as {
  readonly key: string;
  readonly artifact: ArtifactFile;
}[];
const store = await openRedis({ redisUrl });
for (;;) {
  for (const { key, artifact } of puts) {
    await store.put(key, artifact);
    await Deno.stdout.write(new TextEncoder().encode(`${key}\n`));
    await store.delete(key, { putBefore: Date.now() - 60_000 });
  }
}
