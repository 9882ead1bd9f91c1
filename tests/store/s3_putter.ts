/**
 * A process that puts one packed artifact into a bucket. Argument: JSON with the settings of the store, the key and the
 * artifact. Prints a line when the store is open.
 */
import type { ArtifactFile } from "../../src/store/artifact_store.ts";
import { createS3Store } from "../../src/store/s3/create_s3_store.ts";
import type { S3SettingValues } from "../../src/store/s3/s3_settings.ts";

const { values, key, artifact } = JSON.parse(Deno.args[0] ?? "") as {
  readonly values: S3SettingValues;
  readonly key: string;
  readonly artifact: ArtifactFile;
};
const clock = { now: () => Date.now(), schedule: () => () => {} };
const store = createS3Store({ values, clock, ca: undefined, instance: `${Deno.pid}` });
console.log("open");
await store.put(key, artifact);
await store.close();
