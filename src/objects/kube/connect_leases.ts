import { KubeLeases } from "./kube_leases.ts";
import { openOwnConnection, type OwnConnectionOptions } from "./own_connection.ts";

/** How to reach the Leases of a namespace; `requestMs` is well below what is left of a lease when it is to be renewed. */
export interface KubeLeasesOptions extends OwnConnectionOptions {
  readonly namespace: string;
}

/**
 * The Leases of a namespace, over a connection of their own: a renewal waits behind no list of ten thousand objects, and
 * its impatience takes down no watch. `close()` what is returned.
 */
export function connectLeases({ namespace, ...options }: KubeLeasesOptions): KubeLeases {
  return new KubeLeases({ ...openOwnConnection(options), namespace });
}
