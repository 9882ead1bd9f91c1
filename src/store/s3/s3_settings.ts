import type { Settings, SettingValues } from "../../core/setting.ts";

const address = {
  expression: /^(https?:\/\/)?([\w.-]+|\[[\da-fA-F:]+\])(:\d{1,5})?(\/[\w.~%-]+)*\/?$/,
  words: "an address such as s3.example.com or https://s3.example.com:9000",
};

const sevenDaysMs = 7 * 24 * 3_600_000;

/** What an operator may set for the `s3` store. */
export const s3Settings = {
  s3Endpoint: {
    type: "string",
    default: "",
    description:
      "Address of an S3-compatible service, with or without http:// or https://; empty is AWS itself.",
    variable: "S3_ENDPOINT",
    configMapKey: "storage.s3.endpoint",
    pattern: address,
  },
  s3Bucket: {
    type: "string",
    default: "",
    description: "The bucket of the s3 store; it must exist.",
    variable: "S3_BUCKET",
    configMapKey: "storage.s3.bucket",
    pattern: {
      expression: /^[a-zA-Z0-9][\w.-]{1,221}[a-zA-Z0-9]$/,
      words:
        "the name of a bucket: 3 to 223 letters, digits and ._-, with a letter or digit at either end",
    },
  },
  s3Region: {
    type: "string",
    default: "us-east-1",
    description: "Region of the bucket; services other than AWS mostly take any.",
    variable: "S3_REGION",
    variableAliases: ["AWS_REGION", "AWS_DEFAULT_REGION"],
    configMapKey: "storage.s3.region",
    pattern: { expression: /^[a-zA-Z0-9-]{1,63}$/, words: "a region such as us-east-1" },
  },
  s3UseSsl: {
    type: "boolean",
    default: true,
    description: "Whether an S3_ENDPOINT or S3_PUBLIC_ENDPOINT without a scheme is https.",
    variable: "S3_USE_SSL",
    configMapKey: "storage.s3.useSSL",
  },
  s3PathStyle: {
    type: "string",
    default: "auto",
    description:
      "Whether the bucket is named in the path (true) or in the host name (false); auto is true where S3_ENDPOINT is set.",
    variable: "S3_PATH_STYLE",
    configMapKey: "storage.s3.pathStyle",
    pattern: {
      expression: /^(auto|1|t|T|TRUE|true|True|0|f|F|FALSE|false|False)$/,
      words: "auto, true or false",
    },
  },
  s3AccessKeyId: {
    type: "string",
    default: "",
    description:
      "Access key of the s3 store; without it and S3_CREDENTIALS_FILE the AWS SDK's chain is asked: AWS_ACCESS_KEY_ID, shared files, web identity (IRSA), container, instance.",
    variable: "S3_ACCESS_KEY_ID",
    configMapKey: "storage.s3.accessKeyId",
    secret: true,
  },
  s3SecretAccessKey: {
    type: "string",
    default: "",
    description: "Secret key that belongs to S3_ACCESS_KEY_ID.",
    variable: "S3_SECRET_ACCESS_KEY",
    configMapKey: "storage.s3.secretAccessKey",
    secret: true,
  },
  s3CredentialsFile: {
    type: "string",
    default: "",
    description:
      "File with aws_access_key_id, aws_secret_access_key and maybe aws_session_token, as AWS's shared credentials file has them (the first profile counts); read again when it changes, so a mounted Secret can be rotated.",
    variable: "S3_CREDENTIALS_FILE",
    configMapKey: "storage.s3.credentialsFile",
  },
  s3Prefix: {
    type: "string",
    default: "",
    description: "What every key in the bucket begins with; a / is put behind it.",
    variable: "S3_PREFIX",
    configMapKey: "storage.s3.prefix",
    pattern: {
      expression: /^\/*([\w=+@-][\w.=+@-]*)?(\/+[\w=+@-][\w.=+@-]*)*\/*$/,
      words: "parts of letters, digits and _.=+@- between slashes, none of which begins with a dot",
    },
  },
  s3Sse: {
    type: "string",
    default: "",
    description: "How the service encrypts what it stores; empty is the bucket's own rule.",
    variable: "S3_SSE",
    configMapKey: "storage.s3.sse",
    choices: ["AES256", "aws:kms", "aws:kms:dsse"],
  },
  s3SseKmsKeyId: {
    type: "string",
    default: "",
    description: "KMS key for S3_SSE aws:kms or aws:kms:dsse; empty is the account's own.",
    variable: "S3_SSE_KMS_KEY_ID",
    configMapKey: "storage.s3.sseKmsKeyId",
  },
  s3CaFile: {
    type: "string",
    default: "",
    description: "PEM file of a CA that is trusted for S3_ENDPOINT, beside the well-known ones.",
    variable: "S3_CA_FILE",
    configMapKey: "storage.s3.caFile",
  },
  s3UrlMode: {
    type: "string",
    default: "auto",
    description:
      "What consumers of the s3 store get: its own public URLs (direct), ours, which leads to a pre-signed URL (redirect), or the bytes through us (gateway); auto is direct if anybody may read the bucket, else gateway.",
    variable: "S3_URL_MODE",
    configMapKey: "storage.s3.urlMode",
    choices: ["auto", "direct", "redirect", "gateway"],
  },
  s3PublicEndpoint: {
    type: "string",
    default: "",
    description:
      "Address under which consumers reach the keys of the bucket, such as a CDN's or https://s3.example.com/bucket; empty is S3_ENDPOINT's.",
    variable: "S3_PUBLIC_ENDPOINT",
    configMapKey: "storage.s3.publicEndpoint",
    pattern: address,
  },
  s3UrlExpiry: {
    type: "duration",
    default: 900_000,
    description: "How long a pre-signed URL can be used.",
    variable: "S3_URL_EXPIRY",
    configMapKey: "storage.s3.urlExpiry",
    minimum: 1_000,
    maximum: sevenDaysMs,
  },
} as const satisfies Settings;

/** Their values. */
export type S3SettingValues = SettingValues<typeof s3Settings>;

/** What is wrong with settings that are each right alone, one line each; to be asked only if the store is used. */
export function s3SettingMistakes(values: S3SettingValues): readonly string[] {
  const mistakes: string[] = [];
  if (values.s3Bucket === "") {
    mistakes.push("Cannot use the s3 store: it has no bucket; set S3_BUCKET");
  }
  if ((values.s3AccessKeyId === "") !== (values.s3SecretAccessKey === "")) {
    mistakes.push(
      "Cannot use one of S3_ACCESS_KEY_ID and S3_SECRET_ACCESS_KEY alone; set both, or none for the AWS SDK's own chain",
    );
  }
  if (values.s3CredentialsFile !== "" && values.s3AccessKeyId !== "") {
    mistakes.push("Cannot use both S3_CREDENTIALS_FILE and S3_ACCESS_KEY_ID; set one of them");
  }
  if (values.s3SseKmsKeyId !== "" && !values.s3Sse.startsWith("aws:kms")) {
    mistakes.push(
      "Cannot use S3_SSE_KMS_KEY_ID: S3_SSE uses no KMS; set it to aws:kms or aws:kms:dsse",
    );
  }
  return mistakes;
}
