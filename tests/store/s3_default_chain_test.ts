import { strict as assert } from "node:assert";
import { fileURLToPath } from "node:url";
import { createS3Store } from "../../src/store/s3/create_s3_store.ts";
import { bytesOf, packedFile, readKey } from "../contract/store_fixtures.ts";
import { ManualClock } from "../manual_clock.ts";
import { S3Server } from "../s3_server.ts";
import { s3TestCredentials, s3Values } from "./s3_values.ts";

const putter = fileURLToPath(new URL("s3_putter.ts", import.meta.url));
const { accessKeyId, secretAccessKey } = s3TestCredentials;

/** Puts an artifact from a process with this environment and no S3_ACCESS_KEY_ID; gives what it says if that fails. */
async function putWith(
  environment: (directory: string) => Promise<Record<string, string>> | Record<string, string>,
): Promise<string> {
  await using server = await S3Server.start();
  await server.makeBucket("artifacts");
  const directory = await Deno.makeTempDir();
  const { key, artifact } = await packedFile(directory, bytesOf(1));
  const place = { s3Endpoint: server.url, s3Bucket: "artifacts" };
  const values = s3Values({ ...place, s3AccessKeyId: "", s3SecretAccessKey: "" });
  const args = [
    "run",
    "-A",
    "--quiet",
    "--no-check",
    putter,
    JSON.stringify({ values, key, artifact }),
  ];
  // No shared files and no instance metadata of the machine that the test runs on.
  const none = {
    HOME: directory,
    AWS_EC2_METADATA_DISABLED: "true",
    DENO_DIR: await denoDirectory(),
  };
  const env = { ...none, ...await environment(directory) };
  const { success, stderr } = await new Deno.Command(Deno.execPath(), { args, env, stdout: "null" })
    .output();
  const store = createS3Store({
    values: s3Values(place),
    clock: new ManualClock(),
    ca: undefined,
    instance: "test",
  });
  if (success) assert.deepEqual(await readKey(store, key), bytesOf(1));
  await store.close();
  await Deno.remove(directory, { recursive: true });
  return success ? "" : new TextDecoder().decode(stderr);
}

async function denoDirectory(): Promise<string> {
  const { stdout } = await new Deno.Command(Deno.execPath(), { args: ["info", "--json"] }).output();
  return (JSON.parse(new TextDecoder().decode(stdout)) as { readonly denoDir: string }).denoDir;
}

Deno.test("s3Credentials() takes AWS_* from the environment, and no proxy applies to the store", async () => {
  const proxy = "http://127.0.0.1:1";
  const failure = await putWith(() => ({
    AWS_ACCESS_KEY_ID: accessKeyId,
    AWS_SECRET_ACCESS_KEY: secretAccessKey,
    ...{ HTTP_PROXY: proxy, HTTPS_PROXY: proxy, ALL_PROXY: proxy, http_proxy: proxy },
  }));
  assert.equal(failure, "");
});

Deno.test("s3Credentials() takes AWS's shared file", async () => {
  const failure = await putWith(async (directory) => {
    const file = `${directory}/shared`;
    await Deno.writeTextFile(
      file,
      `[default]\naws_access_key_id = ${accessKeyId}\naws_secret_access_key = ${secretAccessKey}\n`,
    );
    return { AWS_SHARED_CREDENTIALS_FILE: file };
  });
  assert.equal(failure, "");
});

Deno.test("s3Credentials() reads AWS's shared file again when what it held is refused", async () => {
  await using server = await S3Server.start();
  await server.makeBucket("artifacts");
  const directory = await Deno.makeTempDir();
  const file = `${directory}/shared`;
  const write = (secret: string) =>
    Deno.writeTextFile(
      file,
      `[default]\naws_access_key_id = ${accessKeyId}\naws_secret_access_key = ${secret}\n`,
    );
  Deno.env.set("AWS_SHARED_CREDENTIALS_FILE", file);
  await write("revoked");
  const place = { s3Endpoint: server.url, s3Bucket: "artifacts" };
  const store = createS3Store({
    values: s3Values({ ...place, s3AccessKeyId: "", s3SecretAccessKey: "" }),
    clock: new ManualClock(),
    ca: undefined,
    instance: "test",
  });
  try {
    const { key, artifact } = await packedFile(directory, bytesOf(1));
    await assert.rejects(store.stat(key), /correct the credentials/);
    await write(secretAccessKey);
    await store.put(key, artifact);
    assert.deepEqual(await readKey(store, key), bytesOf(1));
  } finally {
    Deno.env.delete("AWS_SHARED_CREDENTIALS_FILE");
    await store.close();
    await Deno.remove(directory, { recursive: true });
  }
});

Deno.test("s3Credentials() takes the role of a service account (web identity)", async () => {
  const asked: URLSearchParams[] = [];
  const answer = `<AssumeRoleWithWebIdentityResponse><AssumeRoleWithWebIdentityResult><Credentials>
    <AccessKeyId>${accessKeyId}</AccessKeyId><SecretAccessKey>${secretAccessKey}</SecretAccessKey>
    <SessionToken></SessionToken><Expiration>2100-01-01T00:00:00Z</Expiration>
    </Credentials></AssumeRoleWithWebIdentityResult></AssumeRoleWithWebIdentityResponse>`;
  await using sts = Deno.serve(
    { port: 0, hostname: "127.0.0.1", onListen() {} },
    async (request) => {
      asked.push(new URLSearchParams(await request.text()));
      return new Response(answer, { headers: { "content-type": "text/xml" } });
    },
  );
  const failure = await putWith(async (directory) => {
    await Deno.writeTextFile(`${directory}/token`, "the token of the account");
    return {
      AWS_WEB_IDENTITY_TOKEN_FILE: `${directory}/token`,
      AWS_ROLE_ARN: "arn:aws:iam::123456789012:role/artifacts",
      AWS_ENDPOINT_URL_STS: `http://127.0.0.1:${sts.addr.port}`,
      AWS_REGION: "us-east-1",
    };
  });
  assert.equal(failure, "");
  assert.equal(asked[0]?.get("WebIdentityToken"), "the token of the account");
});

Deno.test("s3Credentials() says what to set where there are none", async () => {
  assert.match(await putWith(() => ({})), /no credentials; set S3_ACCESS_KEY_ID and S3_SECRET/);
});
