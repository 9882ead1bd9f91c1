import { strict as assert } from "node:assert";
import { s3Values } from "../../../tests/store/s3_values.ts";
import { parseCredentials, s3Credentials } from "./s3_credentials.ts";

const noKeys = { s3AccessKeyId: "", s3SecretAccessKey: "" };

Deno.test("parseCredentials() reads AWS's shared file, the first profile that has keys", () => {
  const text = [
    ...["# comment", "[empty]", "region = x", "[default]", "aws_access_key_id = AK"],
    ...["aws_secret_access_key=S+/=", "aws_session_token = T", "[other]", "aws_access_key_id = O"],
  ].join("\r\n");
  const expected = { accessKeyId: "AK", secretAccessKey: "S+/=", sessionToken: "T" };
  assert.deepEqual(parseCredentials(text), expected);
  const { sessionToken: _none, ...withoutToken } = expected;
  assert.deepEqual(
    parseCredentials("aws_access_key_id=AK\naws_secret_access_key = S+/=\n"),
    withoutToken,
    "without profiles too",
  );
  for (const none of ["", "[default]\naws_access_key_id = AK", "{}"]) {
    assert.equal(parseCredentials(none), undefined);
  }
});

Deno.test("s3Credentials() reads a file anew when it is replaced, and keeps the last good ones", async () => {
  const directory = await Deno.makeTempDir();
  const file = `${directory}/credentials`;
  const replace = async (text: string) => {
    await Deno.writeTextFile(`${file}.new`, text);
    await Deno.rename(`${file}.new`, file);
  };
  const keys = (id: string) => `[default]\naws_access_key_id=${id}\naws_secret_access_key=s\n`;
  try {
    const credentials = s3Credentials(s3Values({ ...noKeys, s3CredentialsFile: file }));
    await assert.rejects(
      credentials.get(),
      /^S3CredentialsError: S3_CREDENTIALS_FILE: no such file/,
    );
    await replace("nothing");
    await assert.rejects(credentials.get(), /holds no aws_access_key_id/);
    await replace(keys("one"));
    assert.equal((await credentials.get()).accessKeyId, "one");
    await replace(keys("two"));
    assert.equal((await credentials.get()).accessKeyId, "two");
    await replace("half written");
    assert.equal((await credentials.get()).accessKeyId, "two");
    await Deno.remove(file);
    assert.equal((await credentials.get()).accessKeyId, "two");
    await replace(keys("three"));
    assert.equal((await credentials.get()).accessKeyId, "three");
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
});

Deno.test("s3Credentials() takes the settings' keys before anybody else's", async () => {
  const { accessKeyId } = await s3Credentials(s3Values({})).get();
  assert.equal(accessKeyId, "test");
});
