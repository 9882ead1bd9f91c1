import { HeadBucketCommand, S3Client } from "@aws-sdk/client-s3";
import type { Clock } from "../../core/clock.ts";
import { type S3Credentials } from "./s3_credentials.ts";
import { isRefusedIdentity, isS3Answer, MissingBucketError, s3Failure } from "./s3_failure.ts";
import type { S3Place } from "./s3_place.ts";
import { s3Retries } from "./s3_retries.ts";
import { type S3TimeOuts, S3Transport } from "./s3_transport.ts";

/** What requests to a bucket need. */
export interface S3SessionOptions {
  readonly place: S3Place;
  readonly credentials: S3Credentials;
  /** PEM of a CA that is trusted beside the well-known ones. */
  readonly ca: string | undefined;
  readonly timeOuts?: S3TimeOuts | undefined;
  readonly clock: Clock;
}

/** What is tried, for the message if it fails. */
export interface S3Attempt {
  /** `Cannot VERB "key"` */
  readonly action: string;
  /** What the service must allow for it, such as `s3:PutObject`. */
  readonly permission: string;
}

/** For so long a bucket that was there is taken to be there still; milliseconds. */
const bucketSeenMs = 10_000;

/** The client of one bucket. Making one sends nothing. */
export class S3Session {
  readonly client: S3Client;
  readonly place: S3Place;
  readonly #credentials: S3Credentials;
  readonly #clock: Clock;
  #bucketSeen = -Infinity;

  constructor({ place, credentials, ca, timeOuts, clock }: S3SessionOptions) {
    this.place = place;
    this.#credentials = credentials;
    this.#clock = clock;
    this.client = new S3Client({
      region: place.region,
      ...(place.endpoint === undefined ? {} : { endpoint: place.endpoint }),
      forcePathStyle: place.isPathStyle,
      // "memoized" keeps the SDK from keeping them itself, for ever where they do not expire.
      credentials: Object.assign((given?: Record<string, unknown>) => credentials.get(given), {
        memoized: true,
      }),
      requestHandler: new S3Transport(ca, timeOuts),
      retryStrategy: s3Retries,
      // Of its own the SDK sends what GCS and older services refuse; what we send stands at each request.
      requestChecksumCalculation: "WHEN_REQUIRED",
      responseChecksumValidation: "WHEN_REQUIRED",
    });
  }

  /** The name of an object in the bucket. */
  objectName(key: string): { readonly Bucket: string; readonly Key: string } {
    return { Bucket: this.place.bucket, Key: `${this.place.prefix}${key}` };
  }

  /** @throws {StepError} class `storage` if a request in it fails */
  async attempt<Result>(
    attempt: S3Attempt,
    body: (client: S3Client) => Promise<Result>,
  ): Promise<Result> {
    try {
      return await body(this.client);
    } catch (error) {
      if (isRefusedIdentity(error)) this.#credentials.forget();
      throw this.failure(error, attempt);
    }
  }

  /** What to throw for a failed request: a storage failure, or the error itself if it is a bug. */
  failure(error: unknown, attempt: S3Attempt): unknown {
    const { bucket, host } = this.place;
    return s3Failure(error, { ...attempt, bucket, host });
  }

  /**
   * Undefined for an object that is not there. That is not said of a bucket that is not there: the answer to a HEAD, and
   * that of whatever else stands at a wrong address, cannot tell the two apart.
   */
  async unlessAbsent<Result>(request: Promise<Result>): Promise<Result | undefined> {
    try {
      const result = await request;
      this.#bucketSeen = this.#clock.now();
      return result;
    } catch (error) {
      if (isS3Answer(error, "NoSuchKey")) return undefined;
      if (!isS3Answer(error, 404) || isS3Answer(error, "NoSuchBucket")) throw error;
      await this.#refuseMissingBucket();
      return undefined;
    }
  }

  close(): void {
    this.client.destroy();
  }

  async #refuseMissingBucket(): Promise<void> {
    if (this.#clock.now() - this.#bucketSeen < bucketSeenMs) return;
    try {
      await this.client.send(new HeadBucketCommand({ Bucket: this.place.bucket }));
    } catch (error) {
      if (isS3Answer(error, 404)) throw new MissingBucketError();
      // Who may read objects need not be allowed to look at the bucket.
      if (!isS3Answer(error, 403)) throw error;
    }
    this.#bucketSeen = this.#clock.now();
  }
}
