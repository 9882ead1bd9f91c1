import assert from "node:assert/strict";
import { type ControlPlane, startControlPlane } from "../cluster/control_plane.ts";
import { type RedisServer, startRedis } from "../redis_server.ts";
import { S3Server } from "../s3_server.ts";
import { s3TestCredentials } from "../store/s3_values.ts";
import { FluxWorld } from "./flux_world.ts";
import { publicBucket } from "./public_bucket.ts";

let plane: ControlPlane;
let s3: S3Server;
let redis: RedisServer;
let volume: string;
Deno.test.beforeAll(async () => {
  plane = await startControlPlane({ with: ["kustomize-controller"] });
  s3 = await S3Server.start();
  redis = await startRedis();
  volume = await Deno.makeTempDir();
  await s3.makeBucket("private");
  await publicBucket(s3, "public");
});
Deno.test.afterAll(async () => {
  await plane.close();
  await s3[Symbol.asyncDispose]();
  await redis[Symbol.asyncDispose]();
  await Deno.remove(volume, { recursive: true });
});

const bucket = (name: string, mode: string) => () => ({
  STORAGE_BACKEND: "s3",
  S3_ENDPOINT: s3.url,
  S3_BUCKET: name,
  S3_PREFIX: mode,
  S3_ACCESS_KEY_ID: s3TestCredentials.accessKeyId,
  S3_SECRET_ACCESS_KEY: s3TestCredentials.secretAccessKey,
  S3_URL_MODE: mode,
});

/** Where the URL that a consumer is given leads. */
type Lead = "to us" | "to the bucket";

interface StoreCase {
  readonly name: string;
  readonly environment: () => Record<string, string>;
  readonly url: Lead;
  /** What our own server answers to a download. */
  readonly answer: 200 | 302;
}

const stores: readonly StoreCase[] = [
  { name: "memory", environment: () => ({}), url: "to us", answer: 200 },
  {
    name: "a volume",
    environment: () => ({ STORAGE_BACKEND: "pvc", PVC_STORAGE_PATH: volume }),
    url: "to us",
    answer: 200,
  },
  {
    name: "Redis",
    environment: () => ({
      STORAGE_BACKEND: "redis",
      REDIS_URL: `redis://127.0.0.1:${redis.port}`,
    }),
    url: "to us",
    answer: 200,
  },
  {
    name: "a bucket through us",
    environment: bucket("private", "gateway"),
    url: "to us",
    answer: 200,
  },
  {
    name: "a private bucket, found out",
    environment: bucket("private", "auto"),
    url: "to us",
    answer: 200,
  },
  {
    name: "a bucket by pre-signed URLs",
    environment: bucket("private", "redirect"),
    url: "to us",
    answer: 302,
  },
  {
    name: "a public bucket",
    environment: bucket("public", "direct"),
    url: "to the bucket",
    answer: 200,
  },
  {
    name: "a public bucket, found out",
    environment: bucket("public", "auto"),
    url: "to the bucket",
    answer: 200,
  },
];

for (const { name, environment, url: lead, answer } of stores) {
  Deno.test(`a stock kustomize-controller applies a document and its next version from ${name}`, async () => {
    await FluxWorld.run(plane, { env: environment() }, async (world) => {
      world.publishUpstream("first");
      await world.createSource("app");
      await world.createKustomization("app");
      await world.untilApplied("app", "first");
      world.publishUpstream("second");
      await world.request("ExternalSource", "app");
      await world.untilApplied("app", "second");
      const { url, path } = (await world.artifact("app")).status!.artifact!;
      const base = lead === "to us" ? world.controller.base : `${s3.url}/public/`;
      assert.ok(url.startsWith(base), url);
      const ours = await fetch(`${world.controller.base}/${path}`, { redirect: "manual" });
      await ours.body?.cancel();
      assert.equal(ours.status, answer);
    });
  });
}
