import assert from "node:assert/strict";
import { runCommand } from "../../src/cli/run_command.ts";
import { systemClock } from "../../src/cli/system_clock.ts";
import { PvcStore } from "../../src/store/pvc/pvc_store.ts";
import { bytesOf, packedFile } from "../contract/store.ts";
import { startRedis } from "../redis_server.ts";
import { S3Server } from "../s3_server.ts";
import { s3Values } from "./s3_values.ts";

const count = 40;

/** Runs `store copy` and gives its summary. */
async function copy(
  from: string,
  to: string,
  { environment, flags = [] }: {
    readonly environment: Readonly<Record<string, string>>;
    readonly flags?: readonly string[];
  },
): Promise<string> {
  const written = { out: "", err: "" };
  const code = await runCommand({
    arguments: ["store", "copy", from, to, ...flags],
    environment,
    signal: new AbortController().signal,
    print: (text) => written.out += text,
    printError: (text) => written.err += text,
    drop: () => {},
  });
  assert.deepEqual([code, written.err], [0, ""]);
  return written.out.replaceAll(/ \([^)]*\)/g, "").trim();
}

async function fill(directory: string, folder: string): Promise<void> {
  const store = new PvcStore(directory, systemClock);
  for (let seed = 0; seed < count; seed++) {
    const source = { namespace: `team-${seed % 3}`, name: `app-${seed}` };
    const length = seed === 7 ? 12_000_001 : seed * 1_000;
    const { key, artifact } = await packedFile(folder, bytesOf(seed, length), source);
    await store.put(key, artifact);
  }
}

async function filesBelow(directory: string): Promise<Map<string, string>> {
  const files = new Map<string, string>();
  const store = new PvcStore(directory, systemClock);
  for await (const { key } of store.list("")) {
    files.set(key, (await Deno.readFile(`${directory}/${key}`)).toHex());
  }
  return files;
}

Deno.test("artifacts copied from a volume over two S3 services and Redis to a volume are what they were", async () => {
  const folder = await Deno.makeTempDir();
  await using old = await S3Server.start();
  await using next = await S3Server.start();
  await using redis = await startRedis({ password: "secret" });
  await old.makeBucket("artifacts");
  await next.makeBucket("others");
  try {
    for (const each of ["a", "b"]) await Deno.mkdir(`${folder}/${each}`);
    await fill(`${folder}/a`, folder);
    await Deno.writeTextFile(`${folder}/password`, "secret\n");
    const environment = {
      FROM_S3_ENDPOINT: old.url,
      TO_S3_ENDPOINT: next.url,
      S3_ACCESS_KEY_ID: s3Values({}).s3AccessKeyId,
      S3_SECRET_ACCESS_KEY: s3Values({}).s3SecretAccessKey,
      REDIS_PASSWORD_FILE: `${folder}/password`,
    };
    const [a, b, url] = [`pvc:${folder}/a`, `pvc:${folder}/b`, `redis://127.0.0.1:${redis.port}`];
    const toOld = { environment: { ...environment, TO_S3_ENDPOINT: old.url } };
    const done = `copied ${count}, skipped 0, failed 0`;
    const again = `copied 0, skipped ${count}, failed 0`;
    assert.equal(await copy(a, "s3://artifacts/prod", toOld), done);
    assert.equal(await copy(a, "s3://artifacts/prod", toOld), again);
    assert.equal(await copy("s3://artifacts/prod", "s3://others", { environment }), done);
    const fromNext = { environment: { ...environment, FROM_S3_ENDPOINT: next.url } };
    assert.equal(await copy("s3://others", url, fromNext), done);
    assert.equal(await copy(url, b, { environment }), done);
    assert.equal(await copy(url, b, { environment, flags: ["--verify", "--parallel=1"] }), again);
    assert.deepEqual(await filesBelow(`${folder}/b`), await filesBelow(`${folder}/a`));
    assert.equal((await filesBelow(`${folder}/b`)).size, count);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
