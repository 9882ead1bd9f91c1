import { join } from "node:path";
import type { CredentialSource } from "./credentials.ts";

/** Where a pod finds the API server and what was mounted into it. */
export interface PodCredentialsOptions {
  /** Holds `token` and `ca.crt`: `/var/run/secrets/kubernetes.io/serviceaccount` in a pod. */
  readonly directory: string;
  /** `KUBERNETES_SERVICE_HOST` */
  readonly host: string;
  /** `KUBERNETES_SERVICE_PORT` */
  readonly port: string;
}

/**
 * The service account of the pod we run in. The kubelet rotates both files in place; they are read anew each time.
 *
 * @see https://kubernetes.io/docs/tasks/run-application/access-api-from-pod/
 */
export function podCredentials({ directory, host, port }: PodCredentialsOptions): CredentialSource {
  const address = host.includes(":") ? `[${host}]` : host;
  return {
    server: `https://${address}:${port}`,
    async read() {
      const [token, ca] = await Promise.all([
        Deno.readTextFile(join(directory, "token")),
        Deno.readTextFile(join(directory, "ca.crt")),
      ]);
      if (token.trim() === "") throw new TypeError(`Cannot use "${directory}/token": it is empty`);
      return { headers: { authorization: `Bearer ${token.trim()}` }, ca };
    },
  };
}
