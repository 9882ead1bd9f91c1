import { defaultProvider } from "@aws-sdk/credential-provider-node";
import type { AwsCredentialIdentity } from "@smithy/types";
import { fileErrorState } from "../../core/file_error.ts";
import type { S3SettingValues } from "./s3_settings.ts";

/** Credentials could not be had. Its message is only the state, fit to be published. */
export class S3CredentialsError extends Error {
  override readonly name = "S3CredentialsError";
}

/** Credentials as the AWS SDK asks for them: before each request, so that what is rotated counts for the next one. */
export interface S3Credentials {
  /** @throws {S3CredentialsError} */
  get(identity?: Record<string, unknown>): Promise<AwsCredentialIdentity>;
  /** To be called when the service refused them: what was read once is read again. */
  forget(): void;
}

type CredentialSettings = Pick<
  S3SettingValues,
  "s3AccessKeyId" | "s3SecretAccessKey" | "s3CredentialsFile"
>;

/** The credentials that the settings name, else those of the SDK's own chain. */
export function s3Credentials(values: CredentialSettings): S3Credentials {
  if (values.s3CredentialsFile !== "") return new CredentialsFile(values.s3CredentialsFile);
  if (values.s3AccessKeyId === "") return new DefaultCredentials();
  const identity = {
    accessKeyId: values.s3AccessKeyId,
    secretAccessKey: values.s3SecretAccessKey,
  };
  return { get: () => Promise.resolve(identity), forget() {} };
}

/** A file that is read again when it is another one or was written to: a mounted Secret is replaced by a rename. */
class CredentialsFile implements S3Credentials {
  readonly #path: string;
  #version = "";
  #identity: AwsCredentialIdentity | undefined;

  constructor(path: string) {
    this.#path = path;
  }

  async get(): Promise<AwsCredentialIdentity> {
    try {
      const { mtime, size, ino } = await Deno.stat(this.#path);
      const version = `${mtime?.getTime()} ${size} ${ino}`;
      if (!this.#identity || version !== this.#version) {
        this.#identity = parseCredentials(await Deno.readTextFile(this.#path)) ?? this.#identity;
        this.#version = version;
      }
    } catch (error) {
      const state = fileErrorState(error);
      if (state === undefined) throw error;
      // Between two versions there may be none for a moment.
      if (!this.#identity) throw new S3CredentialsError(`S3_CREDENTIALS_FILE: ${state}`);
    }
    if (this.#identity) return this.#identity;
    throw new S3CredentialsError(
      "S3_CREDENTIALS_FILE holds no aws_access_key_id with aws_secret_access_key",
    );
  }

  forget(): void {
    this.#version = "";
  }
}

/** The SDK keeps what it read from static sources for ever, and what expires until then. */
class DefaultCredentials implements S3Credentials {
  #provider = defaultProvider();

  async get(identity: Record<string, unknown> = {}): Promise<AwsCredentialIdentity> {
    try {
      return await this.#provider(identity);
    } catch (error) {
      // Of its chain only the last link's words would be left, which mislead where another one was meant.
      if (!(error instanceof Error)) throw error;
      if (error.name !== "CredentialsProviderError") {
        throw new S3CredentialsError(`the service that gives credentials failed (${error.name})`);
      }
      throw new S3CredentialsError(
        "no credentials; set S3_ACCESS_KEY_ID and S3_SECRET_ACCESS_KEY, S3_CREDENTIALS_FILE, AWS_* or a role",
      );
    }
  }

  forget(): void {
    this.#provider = defaultProvider({ ignoreCache: true });
  }
}

/**
 * The first profile of a shared credentials file that has both keys; undefined if none has.
 *
 * @see https://docs.aws.amazon.com/sdkref/latest/guide/file-format.html
 */
export function parseCredentials(text: string): AwsCredentialIdentity | undefined {
  for (const section of text.split(/^\s*\[[^\]\n]*\]/m)) {
    const pairs = section.split("\n").map((line) => /^\s*(\w+)\s*=\s*(\S+)\s*$/.exec(line));
    const values = new Map(pairs.map((pair) => [pair?.[1], pair?.[2]]));
    const accessKeyId = values.get("aws_access_key_id");
    const secretAccessKey = values.get("aws_secret_access_key");
    const sessionToken = values.get("aws_session_token");
    if (accessKeyId === undefined || secretAccessKey === undefined) continue;
    return {
      accessKeyId,
      secretAccessKey,
      ...(sessionToken === undefined ? {} : { sessionToken }),
    };
  }
  return undefined;
}
