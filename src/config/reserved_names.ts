/**
 * Variables of features that are not part of this build but that manifests and charts set for them: accepted in silence,
 * because they say nothing wrong (COMPATIBILITY §5, DESIGN §8).
 */
export const reservedVariables: ReadonlySet<string> = new Set([
  ...["S3_ENDPOINT", "S3_BUCKET", "S3_ACCESS_KEY_ID", "S3_SECRET_ACCESS_KEY", "S3_REGION"],
  ...["S3_USE_SSL", "S3_PATH_STYLE", "S3_PREFIX", "S3_URL_MODE", "S3_PUBLIC_ENDPOINT"],
]);

/** The same for keys of the ConfigMap (COMPATIBILITY §6). */
export const reservedConfigMapKeys: ReadonlySet<string> = new Set([
  ...["storage.s3.endpoint", "storage.s3.bucket", "storage.s3.region", "storage.s3.accessKeyId"],
  ...["storage.s3.secretAccessKey", "storage.s3.useSSL", "storage.s3.pathStyle"],
]);
