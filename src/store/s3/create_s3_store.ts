import type { ServerSideEncryption } from "@aws-sdk/client-s3";
import type { Clock } from "../../core/clock.ts";
import { ByteBudget } from "../byte_budget.ts";
import { s3Credentials } from "./s3_credentials.ts";
import { S3Deletions } from "./s3_deletions.ts";
import { S3Links } from "./s3_links.ts";
import { s3Place } from "./s3_place.ts";
import { S3Session } from "./s3_session.ts";
import type { S3SettingValues } from "./s3_settings.ts";
import { S3Store } from "./s3_store.ts";
import type { S3TimeOuts } from "./s3_transport.ts";
import { S3Uploader } from "./s3_upload.ts";

/** What an S3 store is opened with. */
export interface S3StoreInput {
  readonly values: S3SettingValues;
  readonly clock: Clock;
  /** PEM of S3_CA_FILE. */
  readonly ca: string | undefined;
  /** A name that no other process has. */
  readonly instance: string;
  readonly pageSize?: number;
  readonly removesLeftovers?: boolean;
  readonly timeOuts?: S3TimeOuts;
}

/** Bytes of all uploads together that memory holds at once. */
const uploadBytes = 10 * 2 ** 20;

/** Puts an S3 store together from checked settings. */
export function createS3Store(input: S3StoreInput): S3Store {
  const { values, clock, ca, instance, pageSize, removesLeftovers = true, timeOuts } = input;
  const session = new S3Session({
    place: s3Place(values),
    credentials: s3Credentials(values),
    ca,
    timeOuts,
    clock,
  });
  return new S3Store({
    session,
    uploader: new S3Uploader({
      encryption: (values.s3Sse || undefined) as ServerSideEncryption | undefined,
      kmsKeyId: values.s3SseKmsKeyId || undefined,
      budget: new ByteBudget(uploadBytes),
    }),
    deletions: new S3Deletions(session, instance),
    links: new S3Links(session, values.s3UrlExpiry),
    clock,
    removesLeftovers,
    ...(pageSize === undefined ? {} : { pageSize }),
  });
}
