import { s3Settings, type S3SettingValues } from "../../src/store/s3/s3_settings.ts";

/** Who may do everything at a test server. */
export const s3TestCredentials = { accessKeyId: "test", secretAccessKey: "testsecret" };

/** The settings of a store at a test server. */
export function s3Values(given: Partial<S3SettingValues>): S3SettingValues {
  const defaults = Object.fromEntries(
    Object.entries(s3Settings).map(([name, setting]) => [name, setting.default]),
  ) as unknown as S3SettingValues;
  return {
    ...defaults,
    s3AccessKeyId: s3TestCredentials.accessKeyId,
    s3SecretAccessKey: s3TestCredentials.secretAccessKey,
    ...given,
  };
}
