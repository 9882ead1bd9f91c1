import { s3TestCredentials } from "../store/s3_values.ts";
import { imageNames } from "./images.ts";
import type { KubeObject } from "./kube.ts";
import { serverPod } from "./pods.ts";

const bucket = "flux-artifacts";
const port = 7070;
const secretName = "s3-credentials";

/** A real S3 server with a bucket, in a pod, and the Secret with which a controller of the same namespace gets in. */
export function s3Objects(namespace: string): readonly KubeObject[] {
  const { accessKeyId, secretAccessKey } = s3TestCredentials;
  const command = [
    ...["/versitygw", "--port", `:${port}`, "--access", accessKeyId, "--secret", secretAccessKey],
    ...["--region", "us-east-1", "--iam-dir", "/data/iam", "--quiet", "posix", "/data/buckets"],
  ];
  const before = ["mkdir", "-p", `/data/buckets/${bucket}`, "/data/iam"];
  return [
    {
      ...{ apiVersion: "v1", kind: "Secret", metadata: { name: secretName, namespace } },
      stringData: { "access-key": accessKeyId, "secret-key": secretAccessKey },
    },
    ...serverPod({ namespace, name: "s3", image: imageNames.s3, command, port, before }),
  ];
}

/** What is set of the chart to use it. */
export function s3Values(namespace: string): readonly string[] {
  const values = {
    backend: "s3",
    "s3.bucket": bucket,
    "s3.endpoint": `http://s3.${namespace}.svc.cluster.local:${port}`,
    "s3.credentialsSecret.name": secretName,
  };
  return Object.entries(values).map(([name, value]) => `controller.storage.${name}=${value}`);
}
