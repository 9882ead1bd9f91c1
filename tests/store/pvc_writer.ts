/**
 * A process that puts packed artifacts into a directory. Arguments: the directory, a JSON file with the puts, and
 * `once` or `forever`. Prints each put that has ended, with its failure if it failed, as a line of JSON.
 */
import type { ArtifactFile } from "../../src/store/artifact_store.ts";
import { pvc } from "../../src/store/pvc.ts";

const [storagePath = "", putsFile = "", times = "once"] = Deno.args;
const puts = JSON.parse(await Deno.readTextFile(putsFile)) as {
  readonly key: string;
  readonly artifact: ArtifactFile;
}[];
const clock = { now: () => Date.now(), schedule: () => () => {} };
const store = await pvc.open({ storagePath, storageMinFree: 0 }, clock);
const utf8 = new TextEncoder();

do {
  for (const { key, artifact } of puts) {
    const failure = await store.put(key, artifact).then(() => undefined, (error: Error) => error);
    const line = { key, digest: artifact.digest, failure: failure?.message };
    await Deno.stdout.write(utf8.encode(`${JSON.stringify(line)}\n`));
  }
} while (times === "forever");
