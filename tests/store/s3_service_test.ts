import {
  DeleteBucketCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListMultipartUploadsCommand,
  PutBucketPolicyCommand,
  PutObjectCommand,
} from "@aws-sdk/client-s3";
import { strict as assert } from "node:assert";
import { fileURLToPath } from "node:url";
import { parseArtifactKey } from "../../src/core/artifact_key.ts";
import { type Repair, repairArtifact } from "../../src/reconcile/repair_artifact.ts";
import { createS3Store } from "../../src/store/s3/create_s3_store.ts";
import type { S3SettingValues } from "../../src/store/s3/s3_settings.ts";
import type { S3Store } from "../../src/store/s3/s3_store.ts";
import { bytesOf, type PackedFile, packedFile, readKey } from "../contract/store_fixtures.ts";
import { ManualClock } from "../manual_clock.ts";
import { MemoryObjects } from "../memory_objects.ts";
import { S3Proxy } from "../proxy/s3_proxy.ts";
import { S3Server } from "../s3_server.ts";
import { artifactOf, sourceOf } from "../source_fixtures.ts";
import { s3TestCredentials, s3Values } from "./s3_values.ts";

const putter = fileURLToPath(new URL("s3_putter.ts", import.meta.url));

let server: S3Server;
Deno.test.beforeAll(async () => {
  server = await S3Server.start();
});
Deno.test.afterAll(() => server[Symbol.asyncDispose]());

interface World {
  readonly bucket: string;
  readonly directory: string;
  readonly clock: ManualClock;
  /** A store in the bucket; closed at the end. */
  readonly open: (given?: Partial<S3SettingValues>) => S3Store;
}

/** A test with a bucket and a directory of its own. */
function serviceTest(name: string, body: (world: World) => Promise<void>): void {
  Deno.test(`S3Store ${name}`, async () => {
    const bucket = `b-${crypto.randomUUID()}`;
    const directory = await Deno.makeTempDir();
    const clock = new ManualClock(Date.now());
    const stores: S3Store[] = [];
    await server.makeBucket(bucket);
    const open = (given: Partial<S3SettingValues> = {}) => {
      const values = s3Values({ s3Endpoint: server.url, s3Bucket: bucket, ...given });
      const store = createS3Store({ values, clock, ca: undefined, instance: `i${stores.length}` });
      stores.push(store);
      return store;
    };
    try {
      await body({ bucket, directory, clock, open });
    } finally {
      await Promise.all(stores.map((store) => store.close()));
      await Deno.remove(directory, { recursive: true });
    }
  });
}

const uploadsIn = async (bucket: string): Promise<number> => {
  const client = server.client();
  const { Uploads = [] } = await client.send(new ListMultipartUploadsCommand({ Bucket: bucket }));
  client.destroy();
  return Uploads.length;
};

const large = (directory: string): Promise<PackedFile> =>
  packedFile(directory, bytesOf(3, 23_000_001));

serviceTest("lets a repair replace what somebody else wrote over an artifact", async (world) => {
  const store = world.open();
  const { key, artifact } = await packedFile(world.directory, bytesOf(1));
  await store.put(key, artifact);
  const client = server.client();
  const Body = new Uint8Array(artifact.size);
  await client.send(new PutObjectCommand({ Bucket: world.bucket, Key: key, Body }));
  client.destroy();
  const info = (await store.stat(key))!;
  const lost = { source: sourceOf(), artifact: { ...artifactOf("a"), path: key }, isOwn: false };
  const repairs: Repair[] = [];
  await repairArtifact({ ...lost, state: "corrupt", info }, {
    ...{ objects: new MemoryObjects(), store, clock: world.clock },
    recover: async () => {
      await store.put(key, artifact);
      return true;
    },
    onLost: () => assert.fail("it is recovered"),
    onRepair: (repair) => void repairs.push(repair),
    recordEvent: () => assert.fail("the source is another replica's"),
  });
  assert.deepEqual(repairs.map(({ recovered }) => recovered), [true]);
  assert.equal(await store.verify(key, artifact.digest), true);
});

serviceTest(
  "takes a large artifact in parts, and gives it back",
  async ({ open, bucket, directory }) => {
    const store = open();
    const { key, artifact } = await large(directory);
    await store.put(key, artifact);
    const opened = (await store.open(key))!;
    assert.deepEqual([opened.size, opened.digest], [artifact.size, artifact.digest]);
    opened.close();
    assert.equal(await store.verify(key, artifact.digest), true);
    const part = await new Response(
      (await store.open(key))!.stream({ start: 22_000_000, end: 22_000_005 }) as BodyInit,
    ).bytes();
    assert.deepEqual(part, bytesOf(3, 23_000_001).slice(22_000_000, 22_000_005));
    assert.equal(await uploadsIn(bucket), 0);
  },
);

serviceTest(
  "shows nothing of a large artifact whose bytes are not those announced",
  async (world) => {
    const { open, bucket, directory } = world;
    const store = open();
    const { key, artifact } = await large(directory);
    const wrong = { ...artifact, digest: `sha256:${"0".repeat(64)}` };
    await assert.rejects(store.put(key, wrong), /other bytes/);
    await assert.rejects(store.put(key, { ...artifact, size: artifact.size + 1 }), /other bytes/);
    assert.equal(await store.open(key), undefined);
    assert.equal(await uploadsIn(bucket), 0, "aborted");
    await store.put(key, artifact);
    await assert.rejects(store.put(key, wrong), /other bytes/);
    assert.equal(await store.verify(key, artifact.digest), true, "what was there stays");
  },
);

serviceTest(
  "stores what any client of the bucket can serve",
  async ({ open, bucket, directory }) => {
    const store = open({ s3Prefix: "flux/eu" });
    const client = server.client();
    for (const packed of [await packedFile(directory, bytesOf(1)), await large(directory)]) {
      await store.put(packed.key, packed.artifact);
      const head = await client.send(
        new HeadObjectCommand({ Bucket: bucket, Key: `flux/eu/${packed.key}` }),
      );
      const { hex } = parseArtifactKey(packed.key)!;
      assert.equal(head.ContentType, "application/gzip");
      assert.equal(head.ContentEncoding, undefined);
      assert.equal(head.CacheControl, "public, max-age=31536000, immutable, no-transform");
      assert.equal(head.ContentDisposition, `attachment; filename="${hex}.tar.gz"`);
      assert.equal(head.Metadata?.["sha256"], hex);
    }
    client.destroy();
  },
);

serviceTest("repairs bytes that rotted in the bucket", async ({ open, bucket, directory }) => {
  const store = open();
  const { key, artifact } = await packedFile(directory, bytesOf(1));
  await store.put(key, artifact);
  const file = await Deno.open(`${server.data}/${bucket}/${key}`, { write: true });
  await file.write(new Uint8Array([1, 2, 3, 4]));
  file.close();
  assert.equal(await store.verify(key, artifact.digest), false);
  await store.put(key, artifact);
  assert.equal(await store.verify(key, artifact.digest), true);
});

serviceTest(
  "keeps apart from what others have in the bucket",
  async ({ open, bucket, directory }) => {
    const [store, other] = [open({ s3Prefix: "one" }), open({ s3Prefix: "one/two" })];
    const { key, artifact } = await packedFile(directory, bytesOf(1));
    await other.put(key, artifact);
    const client = server.client();
    for (
      const Key of ["one/readme", `one/artifacts/apps/web/readme`, `x/${key}`, `one/${key}.bak`]
    ) {
      await client.send(new PutObjectCommand({ Bucket: bucket, Key, Body: "not ours" }));
    }
    client.destroy();
    assert.deepEqual(await Array.fromAsync(store.list("")), []);
    assert.equal(await store.stat(key), undefined);
    await store.put(key, artifact);
    assert.equal((await Array.fromAsync(store.list(""))).length, 1);
    await store.delete(key);
    assert.deepEqual(await readKey(other, key), bytesOf(1));
  },
);

serviceTest("reads objects that another program put there", async ({ open, bucket, directory }) => {
  const { key, artifact } = await packedFile(directory, bytesOf(1));
  const client = server.client();
  const Body = bytesOf(1);
  await client.send(new PutObjectCommand({ Bucket: bucket, Key: key, Body }));
  client.destroy();
  const store = open();
  const opened = (await store.open(key))!;
  assert.equal(opened.digest, undefined);
  opened.close();
  assert.equal(await store.verify(key, artifact.digest), true);
  const { lastPut } = (await store.stat(key))!;
  assert.ok(Math.abs(lastPut - Date.now()) < 60_000);
  assert.equal(await store.delete(key, { putBefore: lastPut }), false);
  assert.equal(await store.delete(key, { putBefore: lastPut + 5_000 }), true);
});

serviceTest("says that the bucket is gone, never that an artifact is", async (world) => {
  const { open, bucket, directory, clock } = world;
  const store = open();
  const { key, artifact } = await packedFile(directory, bytesOf(1));
  assert.equal(await store.stat(key), undefined);
  const client = server.client();
  await client.send(new DeleteBucketCommand({ Bucket: bucket }));
  client.destroy();
  await clock.advance(10_000);
  const gone = new RegExp(`there is no bucket "${bucket}" at 127.0.0.1:\\d+; create it or correct`);
  await assert.rejects(store.stat(key), gone);
  await assert.rejects(store.open(key), gone);
  await assert.rejects(store.verify(key, artifact.digest), gone);
  await assert.rejects(store.put(key, artifact), gone);
  await assert.rejects(store.delete(key), gone);
  await assert.rejects(store.delete(key, { putBefore: Date.now() }), gone);
  await assert.rejects(Array.fromAsync(store.list("")), gone);
  await assert.rejects(store.readMark(`.owner-${"0".repeat(64)}.json`), gone);
  await assert.rejects(
    store.writeMark(`.owner-${"0".repeat(64)}.json`, "x", { replace: true }),
    gone,
  );
  await server.makeBucket(bucket);
  await store.put(key, artifact);
  assert.deepEqual(await readKey(store, key), bytesOf(1), "and goes on when it is back");
});

serviceTest(
  "says that its credentials are refused, whatever it is asked",
  async ({ open, directory }) => {
    const { key, artifact } = await packedFile(directory, bytesOf(1));
    const store = open({ s3SecretAccessKey: "wrong-canary" });
    for (
      const each of [
        () => store.put(key, artifact),
        () => store.open(key),
        () => store.delete(key),
        () => Array.fromAsync(store.list("")),
      ]
    ) {
      await assert.rejects(each(), (error: Error) => {
        assert.match(error.message, /the credentials are not accepted/);
        return !Deno.inspect(error).includes("canary");
      });
    }
    // A HEAD has no body that could say why.
    await assert.rejects(
      store.stat(key),
      /access denied; correct the credentials, or allow s3:GetObject and/,
    );
    await assert.rejects(store.put(key, (await large(directory)).artifact), /not accepted/);
  },
);

serviceTest("takes rotated credentials from a file while it runs", async ({ open, directory }) => {
  const file = `${directory}/credentials`;
  const rotate = async ({ accessKeyId, secretAccessKey }: typeof s3TestCredentials) => {
    const text =
      `[default]\naws_access_key_id=${accessKeyId}\naws_secret_access_key=${secretAccessKey}\n`;
    await Deno.writeTextFile(`${file}.new`, text);
    await Deno.rename(`${file}.new`, file);
  };
  await rotate(s3TestCredentials);
  const store = open({ s3AccessKeyId: "", s3SecretAccessKey: "", s3CredentialsFile: file });
  const { key, artifact } = await packedFile(directory, bytesOf(1));
  await store.put(key, artifact);
  await rotate({ accessKeyId: "test", secretAccessKey: "revoked" });
  await assert.rejects(store.open(key), /the credentials are not accepted/);
  await rotate(s3TestCredentials);
  assert.deepEqual(await readKey(store, key), bytesOf(1));
});

serviceTest(
  "leaves nothing visible of a put that was killed, and removes the rest a day later",
  async (world) => {
    const { open, bucket, directory, clock } = world;
    const store = open();
    const { key, artifact } = await large(directory);
    await using proxy = new S3Proxy(server.url);
    const part = proxy.hold(`PUT /${bucket}/${key}?partNumber=2&`);
    const values = s3Values({ s3Endpoint: proxy.url, s3Bucket: bucket });
    const args = [
      "run",
      "-A",
      "--quiet",
      "--no-check",
      putter,
      JSON.stringify({ values, key, artifact }),
    ];
    const child = new Deno.Command(Deno.execPath(), { args, stdout: "piped", stderr: "null" })
      .spawn();
    const ended = child.status.then(() => assert.fail("the put ended without a second part"));
    await Promise.race([part.held, ended]);
    assert.equal(await store.stat(key), undefined);
    child.kill("SIGKILL");
    await child.output();
    part.release();
    assert.equal(await uploadsIn(bucket), 1);
    assert.equal(await store.stat(key), undefined);
    assert.deepEqual(await Array.fromAsync(store.list("")), []);
    await store.removeLeftovers();
    assert.equal(await uploadsIn(bucket), 1, "it may still be going on");
    await clock.advance(25 * 3_600_000);
    await store.removeLeftovers();
    assert.equal(await uploadsIn(bucket), 0);
    await store.put(key, artifact);
    assert.equal(await store.verify(key, artifact.digest), true);
  },
);

serviceTest(
  "overlooks the notice of a deletion that was killed, and removes it later",
  async (world) => {
    const { open, bucket, directory, clock } = world;
    const store = open();
    const client = server.client();
    const { key, artifact } = await packedFile(directory, bytesOf(1));
    await store.put(key, artifact);
    const hash = new Uint8Array(
      await crypto.subtle.digest("SHA-256", new TextEncoder().encode(key)),
    ).toHex();
    const notice = { Bucket: bucket, Key: `.deleting-${hash}-killed-0` };
    await client.send(new PutObjectCommand({ ...notice, Body: new Uint8Array(0) }));
    await assert.rejects(store.put(key, artifact), /another replica is deleting it/);
    assert.deepEqual(await readKey(store, key), bytesOf(1));
    await clock.advance(4 * 60_000);
    await store.put(key, artifact);
    await clock.advance(4 * 60_000);
    await store.removeLeftovers();
    await assert.rejects(client.send(new GetObjectCommand(notice)), { name: "NoSuchKey" });
    client.destroy();
  },
);

serviceTest(
  "mixes no bytes of two objects when a download breaks off and the key was replaced",
  async (world) => {
    const { open, bucket, directory } = world;
    await using proxy = new S3Proxy(server.url);
    const store = open({ s3Endpoint: proxy.url });
    const { key, artifact } = await large(directory);
    await store.put(key, artifact);
    const reader = (await store.open(key))!.stream().getReader();
    assert.equal((await reader.read()).done, false);
    const client = server.client();
    const Body = new Uint8Array(artifact.size);
    await client.send(new PutObjectCommand({ Bucket: bucket, Key: key, Body }));
    client.destroy();
    proxy.fail();
    const readOn = async () => {
      while (!(await reader.read()).done);
    };
    await assert.rejects(readOn(), /Cannot read "artifacts.*": it was replaced meanwhile/);
    await store.close();
  },
);

serviceTest(
  "loses no put to a deletion of another replica that had looked before",
  async (world) => {
    const { open, bucket, directory } = world;
    await using proxy = new S3Proxy(server.url);
    const [store, slow] = [open(), open({ s3Endpoint: proxy.url })];
    const { key, artifact } = await packedFile(directory, bytesOf(1, 50));
    await store.put(key, artifact);
    const { lastPut } = (await store.stat(key))!;
    const hold = proxy.hold(`DELETE /${bucket}/artifacts/`);
    const deleting = slow.delete(key, { putBefore: lastPut + 10_000 });
    await hold.held;
    const file = `${server.data}/${bucket}/${key}`;
    const { ino } = await Deno.stat(file);
    const putting = store.put(key, artifact);
    while ((await Deno.stat(file)).ino === ino);
    hold.release();
    assert.equal(await deleting, true);
    await putting;
    assert.deepEqual(await readKey(store, key), bytesOf(1, 50));
    await slow.close();
  },
);

serviceTest(
  "signs URLs that anybody can read for a while, and knows whether all can",
  async (world) => {
    const { open, bucket, directory } = world;
    const store = open({ s3Prefix: "a+b", s3UrlExpiry: 60_000 });
    const { key, artifact } = await packedFile(directory, bytesOf(1));
    await store.put(key, artifact);
    const { links } = store;
    assert.equal(links.publicUrl(key), `${server.url}/${bucket}/a%2Bb/${key}`);
    assert.equal(await links.anonymousRead(), false);
    const refused = await fetch(links.publicUrl(key));
    await refused.body?.cancel();
    assert.equal(refused.status, 403);
    const signed = await links.signedUrl(key, "GET");
    assert.match(signed, /X-Amz-Expires=60/);
    const answer = await fetch(signed);
    assert.deepEqual(await answer.bytes(), bytesOf(1));
    assert.equal(answer.headers.get("content-type"), "application/gzip");
    assert.match(answer.headers.get("content-disposition")!, /^attachment; filename="[0-9a-f]{64}/);
    const asked = await fetch(await links.signedUrl(key, "HEAD"), { method: "HEAD" });
    assert.equal(asked.status, 200);
    assert.equal(asked.headers.get("content-length"), `${artifact.size}`);
    const forged = await fetch(signed.replace(/Signature=..../, "Signature=0000"));
    await forged.body?.cancel();
    assert.equal(forged.status, 403);
    const client = server.client();
    const Statement = [{
      Effect: "Allow",
      Principal: "*",
      Action: "s3:GetObject",
      Resource: `arn:aws:s3:::${bucket}/a+b/artifacts/*`,
    }];
    const Policy = JSON.stringify({ Version: "2012-10-17", Statement });
    await client.send(new PutBucketPolicyCommand({ Bucket: bucket, Policy }));
    client.destroy();
    assert.equal(await links.anonymousRead(), true);
    assert.deepEqual(await (await fetch(links.publicUrl(key))).bytes(), bytesOf(1));
    assert.equal((await Array.fromAsync(store.list(""))).length, 1, "the probe is not listed");
  },
);
