import { ArtifactAddresses } from "../publish/artifact_addresses.ts";
import { artifactUrl } from "../publish/artifact_url.ts";
import { noCopies } from "../reconcile/artifact_copies.ts";
import type { ReconcileContext } from "../reconcile/reconcile_context.ts";
import type { Log } from "../telemetry/log.ts";
import { answersAt } from "./answers_at.ts";
import type { OperatorResources } from "./operator_resources.ts";
import { systemClock } from "./system_clock.ts";

/** What decides how artifacts reach consumers. */
export interface DeliveryParts {
  /** Without a trailing slash. */
  readonly urlBase: string;
  readonly resources: Pick<OperatorResources, "defer">;
  readonly log: Log;
  /** What is published is to be looked at again: its URL may change now. */
  readonly onMove: () => void;
}

/** How artifacts reach consumers: their URLs, and the copies that other replicas hold. */
export function openDelivery(
  { urlBase, resources, log, onMove }: DeliveryParts,
): Pick<ReconcileContext, "copies" | "urlOf"> {
  const addresses = new ArtifactAddresses({
    wanted: (key) => artifactUrl(urlBase, key),
    meanwhile: (key) => artifactUrl(urlBase, key),
    answers: (url) => answersAt(url),
    clock: systemClock,
    onMove: (base) => {
      log.info("publishing under another address, which answers", { base });
      onMove();
    },
  });
  resources.defer(() => addresses.close());
  return { copies: noCopies, urlOf: (key, published) => addresses.urlOf(key, published) };
}
