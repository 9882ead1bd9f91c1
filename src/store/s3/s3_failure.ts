import type { S3ServiceException } from "@aws-sdk/client-s3";
import { S3CredentialsError } from "./s3_credentials.ts";
import { S3TransportError, transportError } from "./s3_transport.ts";
import { storageError } from "../storage_error.ts";

/** What a failure is told about. */
export interface S3FailureContext {
  /** `Cannot VERB "key"` */
  readonly action: string;
  readonly bucket: string;
  /** Host and port of the service. */
  readonly host: string;
  /** What the service must allow for it, such as `s3:PutObject`. */
  readonly permission: string;
}

/** The bucket is not there, as a request found that is not told so by itself. */
export class MissingBucketError extends Error {
  override readonly name = "NoSuchBucket";
  readonly $metadata = { httpStatusCode: 404 };
}

/** Whether a request failed as the service answered it with this code, or without one with this status. */
export function isS3Answer(error: unknown, ...codes: readonly (string | number)[]): boolean {
  const { name, status } = answerOf(error) ?? {};
  return codes.some((code) => code === name || code === status);
}

/**
 * Whether the service may have refused the credentials themselves, so that others may be accepted. The answer to a HEAD says
 * no more than 403, or 400 where they have expired.
 */
export function isRefusedIdentity(error: unknown): boolean {
  if (isS3Answer(error, "AccessDenied")) return false;
  return isS3Answer(error, 400, 403, ...refusedIdentities, ...expiredIdentities);
}

/** Whether a service says that it does not know something that was asked of it, other than the operation itself. */
export function isUnsupported(error: unknown): boolean {
  return isS3Answer(error, "NotImplemented", "InvalidArgument", "InvalidRequest", 501);
}

/** What to throw for a failed request: a storage failure, or the error itself if it is a bug. */
export function s3Failure(error: unknown, context: S3FailureContext): unknown {
  const state = stateOf(transportError(error), context);
  return state === undefined ? error : storageError(`${context.action}: ${state}`);
}

const refusedIdentities = [
  "InvalidAccessKeyId",
  "SignatureDoesNotMatch",
  "UnrecognizedClientException",
];
const expiredIdentities = [
  "ExpiredToken",
  "ExpiredTokenException",
  "InvalidToken",
  "TokenRefreshRequired",
];

type State = (context: S3FailureContext) => string;

const slowDown: State = ({ host }) => `${host} asks to slow down`;
const expired: State = () => "the credentials have expired; renew them";
const refused: State = () =>
  "the credentials are not accepted; correct the access key and its secret";
const otherRegion: State = ({ bucket }) => `bucket "${bucket}" is in another region; set S3_REGION`;
const denied: State = ({ bucket, permission }) =>
  `access denied; allow ${permission} on bucket "${bucket}"`;
const deniedOrRefused: State = ({ bucket, permission }) =>
  `access denied; correct the credentials, or allow ${permission} on bucket "${bucket}"`;
const damaged: State = () => "the bytes did not arrive as they were sent";
const full: State = ({ host }) => `${host} has no space left`;

/** By code, else by status. @see https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html */
const states: ReadonlyMap<string | number, State> = new Map<string | number, State>([
  [
    "NoSuchBucket",
    ({ bucket, host }) =>
      `there is no bucket "${bucket}" at ${host}; create it or correct S3_BUCKET`,
  ],
  ...refusedIdentities.map((code) => [code, refused] as const),
  ...expiredIdentities.map((code) => [code, expired] as const),
  ["RequestTimeTooSkewed", () => "the clock of this machine and that of the service disagree"],
  ["PreconditionFailed", () => "it was replaced meanwhile"],
  ["PermanentRedirect", otherRegion],
  ["AuthorizationHeaderMalformed", otherRegion],
  ["IllegalLocationConstraintException", otherRegion],
  [301, otherRegion],
  ["BadDigest", damaged],
  ["XAmzContentSHA256Mismatch", damaged],
  ["XAmzContentChecksumMismatch", damaged],
  ["QuotaExceeded", full],
  ["XMinioStorageFull", full],
  [507, full],
  ["KMS.NotFoundException", () => "S3_SSE_KMS_KEY_ID names no key"],
  ["SlowDown", slowDown],
  ["TooManyRequests", slowDown],
  [429, slowDown],
  [503, slowDown],
  ["AccessDenied", denied],
  [403, deniedOrRefused],
]);

function stateOf(error: unknown, context: S3FailureContext): string | undefined {
  if (error instanceof S3CredentialsError) return error.message;
  if (error instanceof S3TransportError) return `${context.host}: ${error.message}`;
  if (error instanceof Error && ["AbortError", "TimeoutError"].includes(error.name)) {
    return `${context.host}: no answer in time`;
  }
  const answer = answerOf(error);
  if (!answer) return isUnreadable(error) ? `${context.host} gave no S3 answer` : undefined;
  const state = states.get(answer.name) ?? states.get(answer.status);
  if (state) return state(context);
  // Codes are words of the protocol; anything else may be a piece of a page.
  const code = /^[A-Za-z][A-Za-z.]{0,60}$/.test(answer.name) ? ` ${answer.name}` : "";
  return `${context.host} answered ${answer.status}${code}`;
}

/** The code and status of an answer; undefined if there was none. */
function answerOf(error: unknown): { readonly name: string; readonly status: number } | undefined {
  if (!(error instanceof Error) || !("$metadata" in error)) return undefined;
  const { name, $metadata } = error as S3ServiceException;
  const status = $metadata.httpStatusCode;
  return status === undefined ? undefined : { name, status };
}

/** The SDK hangs the answer on the error of a parser. */
function isUnreadable(error: unknown): boolean {
  return error instanceof Error && "$response" in error;
}
