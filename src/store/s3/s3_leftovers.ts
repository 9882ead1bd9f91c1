import {
  AbortMultipartUploadCommand,
  ListMultipartUploadsCommand,
  type S3Client,
} from "@aws-sdk/client-s3";
import { parseArtifactKey } from "../../core/artifact_key.ts";
import type { S3Session } from "./s3_session.ts";

/** An upload that began so long ago belongs to a process that was killed; milliseconds. */
const abandonedMs = 24 * 3_600_000;

/** Aborts uploads of artifacts that were never completed, which cost space that no list shows: at most a thousand. */
export async function abortOldUploads(
  client: S3Client,
  { place, now }: { readonly place: S3Session["place"]; readonly now: number },
): Promise<void> {
  const { bucket: Bucket, prefix } = place;
  const Prefix = `${prefix}artifacts/`;
  const { Uploads = [] } = await client.send(new ListMultipartUploadsCommand({ Bucket, Prefix }));
  for (const { Key, UploadId, Initiated } of Uploads) {
    const isOurs = parseArtifactKey((Key ?? "").slice(prefix.length)) !== undefined;
    if (!isOurs || now - (Initiated?.getTime() ?? now) < abandonedMs) continue;
    await client.send(new AbortMultipartUploadCommand({ Bucket, Key, UploadId }));
  }
}
