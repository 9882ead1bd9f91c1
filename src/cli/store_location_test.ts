import assert from "node:assert/strict";
import type { Settings } from "../core/setting.ts";
import { storeDefinitions } from "../store/registry.ts";
import type { StoreDefinition } from "../store/store_definition.ts";
import { locatedSettings, locateStore, locationForms } from "./store_location.ts";

const definitions: Readonly<Record<string, StoreDefinition>> = storeDefinitions;
const locate = (text: string, environment: Readonly<Record<string, string>> = {}) =>
  locateStore(text, { role: "FROM", environment });

Deno.test("every store that outlives a process has a location of its own", () => {
  for (const [name, { durable, location, settings }] of Object.entries(definitions)) {
    assert.equal(location !== undefined, durable, name);
    if (!location) continue;
    const given = Object.keys(location.read(location.form)!);
    assert.deepEqual(given.filter((each) => !(each in settings)), [], name);
    assert.equal(locate(location.form).definition, definitions[name]);
  }
});

Deno.test("locateStore() reads a text into the settings of its store, over variables", () => {
  const { values } = locate("redis://h:1/2", { REDIS_URL: "redis://other", REDIS_PREFIX: "a:" });
  assert.deepEqual([values["redisUrl"], values["redisPrefix"]], ["redis://h:1/2", "a:"]);
  assert.equal(locate("pvc:/data", { PVC_STORAGE_PATH: "/other" }).values["storagePath"], "/data");
  const bucketOf = (text: string) => {
    const { values } = locate(text, { S3_PREFIX: "other", S3_REGION: "eu-west-1" });
    return [values["s3Bucket"], values["s3Prefix"], values["s3Region"]];
  };
  assert.deepEqual(bucketOf("s3://bucket/a/b"), ["bucket", "a/b", "eu-west-1"]);
  assert.deepEqual(bucketOf("s3://bucket"), ["bucket", "", "eu-west-1"]);
  assert.equal(locate("valkeys+sentinel://h/m").definition, definitions["redis"]);
});

Deno.test("locateStore() prefers the variables of its role", () => {
  const environment = {
    REDIS_PREFIX: "both:",
    FROM_REDIS_PREFIX: "from:",
    TO_REDIS_WAIT_REPLICAS: "1",
  };
  const prefixAs = (role: "FROM" | "TO") => {
    const { values } = locateStore("redis://h", { role, environment });
    return [values["redisPrefix"], values["redisWaitReplicas"]];
  };
  assert.deepEqual(prefixAs("FROM"), ["from:", 0]);
  assert.deepEqual(prefixAs("TO"), ["both:", 1]);
});

Deno.test("locateStore() refuses wrong variables and texts, and tells no password", () => {
  assert.throws(() => locate("pvc:/a", { REDIS_PREFIX: "{" }), /variable REDIS_PREFIX/);
  assert.throws(() => locate("s3:///prefix"), {
    message: /"s3:\/\/\/prefix": .* name of a bucket: 3 to /,
  });
  assert.throws(
    () => locate("http://user:secret@host/path"),
    {
      message: `Cannot use "http://host/path" as FROM: it names no store; write ${
        locationForms.join(" or ")
      }`,
    },
  );
});

Deno.test("settings that a location gives are not explained beside it", () => {
  const shown: Settings = locatedSettings;
  assert.ok("redisPrefix" in shown);
  for (const name of ["redisUrl", "storagePath", "memoryStoreLimit"]) assert.ok(!(name in shown));
});
