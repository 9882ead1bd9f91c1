import type { Clock } from "../../core/clock.ts";
import { type ApiCall, ApiClient } from "./api_client.ts";
import { ApiConnection } from "./api_connection.ts";
import type { CredentialSource } from "./credentials.ts";
import { KubeLeases } from "./kube_leases.ts";

/** How to reach the Leases of a namespace. */
export interface KubeLeasesOptions {
  readonly credentials: CredentialSource;
  readonly clock: Clock;
  /** `externalsource-controller/1.2.3` */
  readonly userAgent: string;
  readonly namespace: string;
  /** One call; well below what is left of a lease when it is to be renewed. In milliseconds. */
  readonly requestMs: number;
  /** Called after each call, for `rest_client_requests_total`. */
  readonly onCall?: (call: ApiCall) => void;
  /** Called with what a log should say of the credentials. */
  readonly onProblem?: (message: string) => void;
}

/**
 * The Leases of a namespace, over a connection of their own: a renewal waits behind no list of ten thousand objects, and
 * its impatience takes down no watch. `close()` what is returned.
 */
export function connectLeases(options: KubeLeasesOptions): KubeLeases {
  const { credentials, clock, userAgent, namespace, requestMs, onCall, onProblem } = options;
  const connection = new ApiConnection(credentials, {
    clock,
    ...(onProblem ? { onProblem } : {}),
  });
  const client = new ApiClient(connection, {
    ...{ clock, userAgent, timeoutMs: requestMs },
    ...(onCall ? { onCall } : {}),
  });
  return new KubeLeases({ connection, client, namespace });
}
