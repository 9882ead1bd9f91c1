import { CreateBucketCommand, PutBucketPolicyCommand } from "@aws-sdk/client-s3";
import type { S3Server } from "../s3_server.ts";

/** Makes a bucket that anybody can read, as one behind a CDN is. */
export async function publicBucket(server: S3Server, name: string): Promise<void> {
  const client = server.client();
  await client.send(new CreateBucketCommand({ Bucket: name }));
  const Policy = JSON.stringify({
    Version: "2012-10-17",
    Statement: [{
      Effect: "Allow",
      Principal: "*",
      Action: ["s3:GetObject"],
      Resource: [`arn:aws:s3:::${name}/*`],
    }],
  });
  await client.send(new PutBucketPolicyCommand({ Bucket: name, Policy }));
  client.destroy();
}
