import { KubeAccessReviews } from "./kube_access_reviews.ts";
import { openOwnConnection, type OwnConnectionOptions } from "./own_connection.ts";

/**
 * Reviews over a connection of their own: replicas that may write nothing ask too, and what strangers make us ask delays no
 * watch. `close()` what is returned.
 */
export function connectAccessReviews(options: OwnConnectionOptions): KubeAccessReviews {
  return new KubeAccessReviews(openOwnConnection(options));
}
