import type { ClusterApi } from "./cluster_api.ts";

const line = /^apiserver_request_total\{(.*)\} (\S+)$/gm;
const ourKinds = /resource="(externalsources|externalartifacts)"/;
const reads = /verb="(GET|LIST|WATCH)"/;

/**
 * How many requests to write an ExternalSource or ExternalArtifact an API server has answered, from whomever, as its own
 * `/metrics` counts them; also those that changed nothing, which no resourceVersion tells.
 */
export async function serverWrites(api: ClusterApi): Promise<number> {
  let writes = 0;
  for (const [, labels = "", count] of (await api.text("/metrics")).matchAll(line)) {
    if (ourKinds.test(labels) && !reads.test(labels)) writes += Number(count);
  }
  return writes;
}
