import { strict as assert } from "node:assert";
import { s3Values } from "../../../tests/store/s3_values.ts";
import { s3Place, s3PublicUrl } from "./s3_place.ts";
import type { S3SettingValues } from "./s3_settings.ts";

const place = (given: Partial<S3SettingValues>) => s3Place(s3Values({ s3Bucket: "b", ...given }));
const key = "artifacts/apps/web/1.tar.gz";

interface Row {
  readonly name: string;
  readonly given: Partial<S3SettingValues>;
  readonly endpoint: string | undefined;
  readonly url: string;
}

const rows: readonly Row[] = [
  {
    name: "AWS has the bucket in the host name",
    given: { s3Region: "eu-west-1" },
    endpoint: undefined,
    url: `https://b.s3.eu-west-1.amazonaws.com/${key}`,
  },
  {
    name: "AWS in China has another domain",
    given: { s3Region: "cn-north-1" },
    endpoint: undefined,
    url: `https://b.s3.cn-north-1.amazonaws.com.cn/${key}`,
  },
  {
    name: "a bucket with a dot breaks TLS as a host name",
    given: { s3Bucket: "a.b" },
    endpoint: undefined,
    url: `https://s3.us-east-1.amazonaws.com/a.b/${key}`,
  },
  {
    name: "an endpoint without scheme is https, path style as in Go",
    given: { s3Endpoint: "s3.example:9000" },
    endpoint: "https://s3.example:9000",
    url: `https://s3.example:9000/b/${key}`,
  },
  {
    name: "S3_USE_SSL=false makes it http",
    given: { s3Endpoint: "minio:9000", s3UseSsl: false },
    endpoint: "http://minio:9000",
    url: `http://minio:9000/b/${key}`,
  },
  {
    name: "a scheme wins over S3_USE_SSL",
    given: { s3Endpoint: "https://s3.example/", s3UseSsl: false },
    endpoint: "https://s3.example",
    url: `https://s3.example/b/${key}`,
  },
  {
    name: "an explicit S3_PATH_STYLE is obeyed, however Go spells false",
    given: { s3Endpoint: "s3.example", s3PathStyle: "F" },
    endpoint: "https://s3.example",
    url: `https://b.s3.example/${key}`,
  },
  {
    name: "S3_PATH_STYLE=1 on AWS",
    given: { s3PathStyle: "1" },
    endpoint: undefined,
    url: `https://s3.us-east-1.amazonaws.com/b/${key}`,
  },
  {
    name: "an address has no names below it",
    given: { s3Endpoint: "http://127.0.0.1:9000", s3PathStyle: "false" },
    endpoint: "http://127.0.0.1:9000",
    url: `http://127.0.0.1:9000/b/${key}`,
  },
  {
    name: "an endpoint may have a path",
    given: { s3Endpoint: "https://x.example/storage/v1/s3" },
    endpoint: "https://x.example/storage/v1/s3",
    url: `https://x.example/storage/v1/s3/b/${key}`,
  },
  {
    name: "a public endpoint stands for the bucket, prefix and all",
    given: { s3PublicEndpoint: "cdn.example", s3Prefix: "/flux//eu/" },
    endpoint: undefined,
    url: `https://cdn.example/flux/eu/${key}`,
  },
  {
    name: "what is special in a prefix is encoded",
    given: { s3Endpoint: "s3.example", s3Prefix: "a+b@c" },
    endpoint: "https://s3.example",
    url: `https://s3.example/b/a%2Bb%40c/${key}`,
  },
];

for (const { name, given, endpoint, url } of rows) {
  Deno.test(`s3Place(): ${name}`, () => {
    const found = place(given);
    assert.equal(found.endpoint, endpoint);
    assert.equal(s3PublicUrl(found, key), url);
  });
}
