import { createS3Store } from "../../src/store/s3/create_s3_store.ts";
import type { S3Store } from "../../src/store/s3/s3_store.ts";
import { type StoreTestContext, testStore } from "../contract/store.ts";
import { S3Server } from "../s3_server.ts";
import { s3Values } from "./s3_values.ts";

/** Each test has a prefix of its own in one bucket, and pages of few keys. */
const bucket = "artifacts";

let server: S3Server;
Deno.test.beforeAll(async () => {
  server = await S3Server.start();
  await server.makeBucket(bucket);
});
Deno.test.afterAll(() => server[Symbol.asyncDispose]());

let instances = 0;
function openStore({ clock, id }: StoreTestContext): Promise<S3Store> {
  const values = s3Values({ s3Endpoint: server.url, s3Bucket: bucket, s3Prefix: `test/${id}` });
  const instance = `instance-${instances++}`;
  return Promise.resolve(createS3Store({ values, clock, ca: undefined, instance, pageSize: 7 }));
}

testStore("S3Store", openStore, {
  realTime: true,
  timeResolutionMs: 1_000,
  openAnother: openStore,
});
