import { strict as assert } from "node:assert";
import { bytesOf, packedFile } from "../../../tests/contract/store_fixtures.ts";
import { ManualClock } from "../../../tests/manual_clock.ts";
import { s3Values } from "../../../tests/store/s3_values.ts";
import { createS3Store } from "./create_s3_store.ts";
import type { S3SettingValues } from "./s3_settings.ts";
import { readStamp } from "./s3_upload.ts";

/** A service that knows PUT, GET, HEAD and empty lists, and of the rest only what `refuse` lets through. */
function serviceThat(refuse: (request: Request) => string | undefined) {
  const objects = new Map<string, Uint8Array<ArrayBuffer>>();
  const seen: string[] = [];
  const server = Deno.serve({ port: 0, hostname: "127.0.0.1", onListen() {} }, async (request) => {
    const { pathname, searchParams } = new URL(request.url);
    const bytes = await request.bytes();
    const code = refuse(request);
    seen.push(`${request.method} ${code ?? "taken"}`);
    if (code) return new Response(`<Error><Code>${code}</Code></Error>`, { status: 501 });
    if (searchParams.has("list-type")) return new Response("<ListBucketResult/>");
    if (request.method === "PUT") objects.set(pathname, bytes);
    const object = objects.get(pathname);
    if (!object) {
      return new Response(
        request.method === "GET" ? "<Error><Code>NoSuchKey</Code></Error>" : null,
        { status: 404 },
      );
    }
    return new Response(request.method === "PUT" ? null : object);
  });
  return { server, objects, seen, url: `http://127.0.0.1:${server.addr.port}` };
}

const open = (url: string, given: Partial<S3SettingValues> = {}) =>
  createS3Store({
    values: s3Values({ s3Endpoint: url, s3Bucket: "b", ...given }),
    clock: new ManualClock(),
    ca: undefined,
    instance: "one",
  });

Deno.test("S3Uploader does without checksums where a service refuses them, and remembers", async () => {
  const service = serviceThat((request) =>
    request.headers.has("x-amz-checksum-sha256") ? "NotImplemented" : undefined
  );
  const directory = await Deno.makeTempDir();
  const store = open(service.url);
  try {
    const { key, artifact } = await packedFile(directory, bytesOf(1, 1_000));
    await store.put(key, artifact);
    assert.deepEqual(service.objects.get(`/b/${key}`), bytesOf(1, 1_000));
    const refused = () => service.seen.filter((each) => each.endsWith("NotImplemented")).length;
    const before = refused();
    assert.ok(before > 0);
    await store.put(key, artifact);
    assert.equal(refused(), before);
  } finally {
    await store.close();
    await service.server.shutdown();
    await Deno.remove(directory, { recursive: true });
  }
});

Deno.test("S3Store writes a new mark without a condition where a service knows none", async () => {
  const service = serviceThat((request) =>
    request.headers.has("if-none-match") ? "NotImplemented" : undefined
  );
  const store = open(service.url);
  const name = `.owner-${"0".repeat(64)}.json`;
  try {
    await store.writeMark(name, "text", { replace: false });
    assert.equal(await store.readMark(name), "text");
    await store.writeMark(name, "other", { replace: false });
    assert.equal(await store.readMark(name), "text", "it looks first");
  } finally {
    await store.close();
    await service.server.shutdown();
  }
});

Deno.test("S3Uploader asks for the encryption that is set, and for none of its own", async () => {
  const asked: (string | null)[] = [];
  const service = serviceThat(({ method, headers, url }) => {
    if (method === "PUT" && url.endsWith(".tar.gz?x-id=PutObject")) {
      asked.push(headers.get("x-amz-server-side-encryption"));
      asked.push(headers.get("x-amz-server-side-encryption-aws-kms-key-id"));
    }
    return undefined;
  });
  const directory = await Deno.makeTempDir();
  const stores = [
    open(service.url),
    open(service.url, { s3Sse: "AES256" }),
    open(service.url, { s3Sse: "aws:kms", s3SseKmsKeyId: "key" }),
  ];
  try {
    const { key, artifact } = await packedFile(directory, bytesOf(1, 1_000));
    for (const store of stores) await store.put(key, artifact);
    assert.deepEqual(asked, [null, null, "AES256", null, "aws:kms", "key"]);
  } finally {
    for (const store of stores) await store.close();
    await service.server.shutdown();
    await Deno.remove(directory, { recursive: true });
  }
});

Deno.test("S3Store closes in time though the service leaves a put hanging", async () => {
  const asked = Promise.withResolvers<void>();
  const answer = Promise.withResolvers<Response>();
  const server = Deno.serve({ port: 0, hostname: "127.0.0.1", onListen() {} }, () => {
    asked.resolve();
    return answer.promise;
  });
  const directory = await Deno.makeTempDir();
  const clock = new ManualClock();
  const store = createS3Store({
    values: s3Values({ s3Endpoint: `http://127.0.0.1:${server.addr.port}`, s3Bucket: "b" }),
    clock,
    ca: undefined,
    instance: "one",
  });
  const { key, artifact } = await packedFile(directory, bytesOf(1, 1_000));
  const put = assert.rejects(store.put(key, artifact), /the store is closed/);
  await asked.promise;
  const closing = store.close();
  await clock.advance(10_000);
  await closing;
  await put;
  assert.equal(clock.pending, 0);
  answer.resolve(new Response());
  await server.shutdown();
  await Deno.remove(directory, { recursive: true });
});

Deno.test("readStamp() takes nothing for granted", () => {
  const hex = "a".repeat(64);
  assert.deepEqual(readStamp({ sha256: hex, "put-at": "12" }), {
    digest: `sha256:${hex}`,
    putAt: 12,
  });
  for (
    const metadata of [undefined, {}, { sha256: "x", "put-at": "soon" }, { "put-at": "1e999" }]
  ) {
    assert.deepEqual(readStamp(metadata), { digest: undefined, putAt: 0 });
  }
});
