import { isIP } from "node:net";
import type { S3SettingValues } from "./s3_settings.ts";

/** Where the objects of a store are. */
export interface S3Place {
  /** URL of the service; undefined for AWS itself. */
  readonly endpoint: string | undefined;
  /** Host and port, for messages. */
  readonly host: string;
  readonly region: string;
  readonly bucket: string;
  /** Whether the bucket stands in the path. */
  readonly isPathStyle: boolean;
  /** What every key in the bucket begins with: empty, or ends in `/`. */
  readonly prefix: string;
  /** URL under which consumers reach the bucket, without a `/` at its end. */
  readonly publicUrl: string;
}

const isYes = (text: string) => /^(1|t|true)$/i.test(text);

/** Reads where a store is from its settings, each of which is right by its own pattern. */
export function s3Place(values: S3SettingValues): S3Place {
  const endpoint = urlOf(values.s3Endpoint, values.s3UseSsl);
  const region = values.s3Region;
  const bucket = values.s3Bucket;
  const service = new URL(endpoint ?? awsUrl(region));
  const isPathStyle = !canBeHost(bucket, service) ||
    (values.s3PathStyle === "auto" ? endpoint !== undefined : isYes(values.s3PathStyle));
  return {
    endpoint,
    host: service.host,
    region,
    bucket,
    isPathStyle,
    prefix: prefixOf(values.s3Prefix),
    publicUrl: urlOf(values.s3PublicEndpoint, values.s3UseSsl) ??
      bucketUrl(service, bucket, isPathStyle),
  };
}

/** The URL of a key for whoever needs no credentials. */
export function s3PublicUrl({ publicUrl, prefix }: S3Place, key: string): string {
  const path = `${prefix}${key}`.split("/").map(encodeURIComponent).join("/");
  return `${publicUrl}/${path}`;
}

function urlOf(address: string, useSsl: boolean): string | undefined {
  if (address === "") return undefined;
  const url = /^https?:\/\//.test(address) ? address : `${useSsl ? "https" : "http"}://${address}`;
  return url.replace(/\/+$/, "");
}

/** @see https://docs.aws.amazon.com/general/latest/gr/s3.html */
function awsUrl(region: string): string {
  const domain = region.startsWith("cn-") ? "amazonaws.com.cn" : "amazonaws.com";
  return `https://s3.${region}.${domain}`;
}

/** A dot in the name breaks TLS, capitals and underscores DNS; an address has no names below it. */
function canBeHost(bucket: string, { protocol, hostname }: URL): boolean {
  if (isIP(hostname.replace(/^\[|\]$/g, "")) || hostname === "localhost") return false;
  const name = protocol === "https:" ? /^[a-z0-9-]{1,63}$/ : /^[a-z0-9.-]{1,63}$/;
  return name.test(bucket);
}

function bucketUrl(service: URL, bucket: string, isPathStyle: boolean): string {
  const path = service.pathname.replace(/\/$/, "");
  if (isPathStyle) return `${service.protocol}//${service.host}${path}/${bucket}`;
  return `${service.protocol}//${bucket}.${service.host}${path}`;
}

function prefixOf(text: string): string {
  const parts = text.split("/").filter((part) => part !== "");
  return parts.length === 0 ? "" : `${parts.join("/")}/`;
}
