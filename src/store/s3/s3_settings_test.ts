import { strict as assert } from "node:assert";
import { ManualClock } from "../../../tests/manual_clock.ts";
import { s3Values } from "../../../tests/store/s3_values.ts";
import { s3 } from "../s3.ts";
import { s3SettingMistakes, s3Settings } from "./s3_settings.ts";

Deno.test("s3SettingMistakes() says what to set where settings do not fit together", () => {
  const mistakes = (given: Parameters<typeof s3Values>[0]) =>
    s3SettingMistakes(s3Values({ s3Bucket: "b", ...given }));
  assert.deepEqual(mistakes({}), []);
  assert.deepEqual(mistakes({ s3AccessKeyId: "", s3SecretAccessKey: "" }), []);
  assert.deepEqual(mistakes({ s3Sse: "aws:kms", s3SseKmsKeyId: "k" }), []);
  assert.match(mistakes({ s3Bucket: "" }).join(), /set S3_BUCKET/);
  assert.match(mistakes({ s3SecretAccessKey: "" }).join(), /alone; set both/);
  assert.match(mistakes({ s3CredentialsFile: "/f" }).join(), /set one of them/);
  assert.match(mistakes({ s3Sse: "AES256", s3SseKmsKeyId: "k" }).join(), /S3_SSE uses no KMS/);
  assert.equal(mistakes({ s3Bucket: "", s3AccessKeyId: "" }).length, 2, "all of them");
});

Deno.test("s3Settings take what users of the Go implementation write, and nothing that is unsafe in a URL", () => {
  const accepts = (name: "s3Bucket" | "s3Endpoint" | "s3Prefix" | "s3PathStyle", text: string) =>
    s3Settings[name].pattern.expression.test(text);
  for (const text of ["abc", "My_bucket.eu-1", "a".repeat(223)]) {
    assert.ok(accepts("s3Bucket", text), text);
  }
  for (const text of ["ab", "-abc", "abc.", "a/b", "a b", "a".repeat(224)]) {
    assert.ok(!accepts("s3Bucket", text), text);
  }
  for (
    const text of ["minio:9000", "https://s3.example.com", "http://[::1]:9000/", "s3.example/a/b"]
  ) {
    assert.ok(accepts("s3Endpoint", text), text);
  }
  for (
    const text of ["https://user:secret@s3.example", "s3.example?x=1", "ftp://s3", "a b", "//x"]
  ) {
    assert.ok(!accepts("s3Endpoint", text), text);
  }
  for (const text of ["", "a", "/a/b/", "a.b/c_d", "team=eu"]) assert.ok(accepts("s3Prefix", text));
  for (const text of ["..", "a/../b", ".a", "a b", "a?b", "a\nb", "a/."]) {
    assert.ok(!accepts("s3Prefix", text), text);
  }
  for (const text of ["auto", "1", "T", "False"]) assert.ok(accepts("s3PathStyle", text));
  assert.ok(!accepts("s3PathStyle", "yes"));
});

Deno.test("s3 opens at once where nothing answers, and refuses only what is set wrong", async () => {
  const clock = new ManualClock();
  const values = s3Values({ s3Bucket: "b", s3Endpoint: "http://192.0.2.1:9" });
  const store = await s3.open(values, clock);
  await store.close();
  assert.equal(clock.pending, 0, "no timer is left");
  const readOnly = await s3.openToRead!(values, clock);
  assert.equal(clock.pending, 0, "nothing will be removed");
  await readOnly.close();
  assert.match(s3.mistakes!({ ...values, s3Bucket: "" }).join(), /set S3_BUCKET/);
  await assert.rejects(
    s3.open({ ...values, s3CaFile: "/nowhere/ca.pem" }, clock),
    /^StepError: Cannot read S3_CA_FILE: no such file or directory$/,
  );
});
