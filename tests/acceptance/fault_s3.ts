import { type S3Fault, S3Proxy } from "../proxy/s3_proxy.ts";
import { S3Server } from "../s3_server.ts";
import { s3TestCredentials } from "../store/s3_values.ts";
import { below, type FaultyStore, slowness, type StoreFault } from "./fault_store.ts";

const bucket = "artifacts";

/** A real S3 server whose bytes go through the controller, behind a proxy. */
export async function faultyS3(random: () => number): Promise<FaultyStore> {
  const server = await S3Server.start();
  await server.makeBucket(bucket);
  const proxy = new S3Proxy(server.url);
  const onEach = (name: string, next: () => S3Fault): StoreFault => ({
    name,
    begin: () => proxy.failEach(next),
    end: () => proxy.fail(),
  });
  const at = () => below(2 ** (8 + below(12, random)), random);
  return {
    environment: {
      STORAGE_BACKEND: "s3",
      S3_ENDPOINT: proxy.url,
      S3_BUCKET: bucket,
      S3_URL_MODE: "gateway",
      S3_ACCESS_KEY_ID: s3TestCredentials.accessKeyId,
      S3_SECRET_ACCESS_KEY: s3TestCredentials.secretAccessKey,
    },
    dead: onEach("refused", () => ({ kind: "refuse" })),
    readOnly: onEach(
      "writes denied",
      () => ({ kind: "answer-writes", status: 403, code: "AccessDenied" }),
    ),
    faults: [
      onEach("refused", () => ({ kind: "refuse" })),
      onEach("reset", () => ({ kind: "reset", after: at() })),
      onEach("slow", () => ({ kind: "delay", ms: slowness(random) })),
      onEach("SlowDown", () => ({ kind: "answer", status: 503, code: "SlowDown" })),
      onEach("wrong answers", () => ({ kind: "flip-answer", at: at() })),
      onEach("wrong requests", () => ({ kind: "flip-request", at: at() })),
      onEach("expired", () => ({ kind: "answer", status: 403, code: "ExpiredToken" })),
      // As the proxy's answer: a server whose directory is taken away makes another one for a write that had begun.
      onEach("bucket gone", () => ({ kind: "answer", status: 404, code: "NoSuchBucket" })),
    ],
    async [Symbol.asyncDispose]() {
      await proxy[Symbol.asyncDispose]();
      await server[Symbol.asyncDispose]();
    },
  };
}
