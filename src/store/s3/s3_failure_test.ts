import { strict as assert } from "node:assert";
import { StepError } from "../../core/step_error.ts";
import { S3CredentialsError } from "./s3_credentials.ts";
import { isRefusedIdentity, isUnsupported, MissingBucketError, s3Failure } from "./s3_failure.ts";
import { S3TransportError, transportError } from "./s3_transport.ts";

const context = {
  action: 'Cannot store "k"',
  bucket: "b",
  host: "s3.example",
  permission: "s3:PutObject",
};

const answer = (name: string, httpStatusCode: number) =>
  Object.assign(new Error("canary: what the service wrote"), {
    name,
    $metadata: { httpStatusCode },
  });

const rows: readonly (readonly [unknown, string])[] = [
  [
    answer("NoSuchBucket", 404),
    'there is no bucket "b" at s3.example; create it or correct S3_BUCKET',
  ],
  [
    new MissingBucketError(),
    'there is no bucket "b" at s3.example; create it or correct S3_BUCKET',
  ],
  [answer("AccessDenied", 403), 'access denied; allow s3:PutObject on bucket "b"'],
  [
    answer("Unknown", 403),
    'access denied; correct the credentials, or allow s3:PutObject on bucket "b"',
  ],
  [
    answer("InvalidAccessKeyId", 403),
    "the credentials are not accepted; correct the access key and its secret",
  ],
  [answer("ExpiredToken", 400), "the credentials have expired; renew them"],
  [
    answer("RequestTimeTooSkewed", 403),
    "the clock of this machine and that of the service disagree",
  ],
  [answer("SlowDown", 503), "s3.example asks to slow down"],
  [answer("PermanentRedirect", 301), 'bucket "b" is in another region; set S3_REGION'],
  [answer("XAmzContentSHA256Mismatch", 400), "the bytes did not arrive as they were sent"],
  [answer("InternalError", 500), "s3.example answered 500 InternalError"],
  [answer("<html>canary", 418), "s3.example answered 418"],
  [new S3TransportError("connection refused"), "s3.example: connection refused"],
  [new S3CredentialsError("no credentials"), "no credentials"],
  [Object.assign(new SyntaxError("canary"), { $response: {} }), "s3.example gave no S3 answer"],
];

Deno.test("s3Failure() says what is the matter in our words, and nothing of what the service wrote", () => {
  for (const [error, state] of rows) {
    const failure = s3Failure(error, context);
    assert.ok(failure instanceof StepError);
    assert.deepEqual([failure.class, failure.message], ["storage", `Cannot store "k": ${state}`]);
    assert.equal(failure.cause, undefined);
  }
});

Deno.test("s3Failure() leaves a bug as it is", () => {
  const bug = new TypeError("x is not a function");
  assert.equal(s3Failure(bug, context), bug);
});

Deno.test("isRefusedIdentity() and isUnsupported() go by the code, not by the status alone", () => {
  assert.ok(isRefusedIdentity(answer("ExpiredToken", 403)));
  assert.ok(isRefusedIdentity(answer("Unknown", 403)), "an answer to a HEAD");
  assert.ok(!isRefusedIdentity(answer("AccessDenied", 403)));
  assert.ok(!isRefusedIdentity(answer("InternalError", 500)));
  assert.ok(isUnsupported(answer("NotImplemented", 501)));
  assert.ok(!isUnsupported(answer("BadDigest", 400)), "that is a fault of the network");
  assert.ok(!isUnsupported(new Error("x")));
});

Deno.test("transportError() names failures of the network, and leaves bugs and pieces of answers out", () => {
  const coded = (code: string) => Object.assign(new Error("canary"), { code });
  const state = (error: unknown) => (transportError(error) as Error).message;
  assert.equal(state(coded("ECONNREFUSED")), "connection refused");
  assert.equal(state(coded("UND_ERR_BODY_TIMEOUT")), "the answer stalled");
  assert.equal(
    state(coded("HPE_INVALID_CONSTANT")),
    "the connection failed (HPE_INVALID_CONSTANT)",
  );
  assert.equal(state(new AggregateError([coded("ECONNREFUSED")])), "connection refused");
  assert.match(state(new Error("invalid peer certificate: UnknownIssuer")), /set S3_CA_FILE/);
  const bug = new TypeError("bug");
  assert.equal(transportError(bug), bug);
});
