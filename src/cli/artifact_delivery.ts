import { ArtifactAddresses } from "../publish/artifact_addresses.ts";
import { artifactUrl } from "../publish/artifact_url.ts";
import { chooseLinks, type LinkMode } from "../publish/choose_links.ts";
import type { ArtifactCopies } from "../reconcile/artifact_copies.ts";
import type { ReconcileContext } from "../reconcile/reconcile_context.ts";
import type { ArtifactLinks } from "../store/artifact_store.ts";
import type { Log } from "../telemetry/log.ts";
import type { ArtifactAccess } from "./artifact_access.ts";
import { answersAt } from "./answers_at.ts";
import type { ControllerValues } from "./operator_settings.ts";
import type { OperatorResources } from "./operator_resources.ts";
import { systemClock } from "./system_clock.ts";

/** What decides how artifacts reach consumers. */
export interface DeliveryParts {
  readonly values: Pick<ControllerValues, "s3UrlMode">;
  /** Of the store; undefined if it has none. */
  readonly links: ArtifactLinks | undefined;
  /** Of our own server, without a trailing slash. */
  readonly urlBase: string;
  readonly copies: ArtifactCopies;
  readonly access: ArtifactAccess;
  readonly resources: Pick<OperatorResources, "defer">;
  readonly log: Log;
  /** What is published is to be looked at again: its URL may change now. */
  readonly onMove: () => void;
}

/** How artifacts reach consumers: their URLs, and the copies that other replicas hold. */
export function openDelivery(parts: DeliveryParts): Pick<ReconcileContext, "copies" | "urlOf"> {
  const { urlBase, copies, resources, log, onMove } = parts;
  const mode = openMode(parts);
  const gatewayUrl = (key: string) => artifactUrl(urlBase, key);
  const addresses = new ArtifactAddresses({
    wanted: (key) => {
      const known = mode();
      if (known === undefined) return undefined;
      return known === "direct" ? parts.links!.publicUrl(key) : gatewayUrl(key);
    },
    meanwhile: gatewayUrl,
    answers: (url) => answersAt(url, credentialsFor(url, parts)),
    clock: systemClock,
    onMove: (base) => {
      log.info("publishing under another address, which answers", { base });
      onMove();
    },
    onStay: (base, published) =>
      log.warn("artifacts stay published under another address: the new one does not answer", {
        base,
        published,
      }),
  });
  resources.defer(() => addresses.close());
  return { copies, urlOf: (key, published) => addresses.urlOf(key, published) };
}

/** What it takes to ask our own server. The store's gets nothing: it would refuse a token that it does not know. */
function credentialsFor(
  url: string,
  { links, access: { tokens, certificates } }: Pick<DeliveryParts, "links" | "access">,
): Parameters<typeof answersAt>[1] {
  if (links && url.startsWith(links.publicUrl(""))) return {};
  return {
    ...(tokens ? { token: tokens.current } : {}),
    ...(certificates ? { caCerts: certificates.trust.caCerts } : {}),
  };
}

/** What consumers are given, as it is known at a time. */
function openMode(
  { values: { s3UrlMode }, links, resources, log, onMove }: DeliveryParts,
): () => LinkMode | undefined {
  if (!links) return () => "gateway";
  if (s3UrlMode !== "auto") return () => s3UrlMode as LinkMode;
  let known: LinkMode | undefined;
  const abort = new AbortController();
  void chooseLinks({
    anonymousRead: () => links.anonymousRead(),
    clock: systemClock,
    onChoice: (mode) => {
      known = mode;
      const why = mode === "direct" ? "anybody can read the bucket" : "the bucket is private";
      log.info("decided how consumers get artifacts", { mode, why });
      onMove();
    },
    onProblem: (error) =>
      log.warn("cannot find out whether anybody can read the bucket", { error }),
  }, abort.signal);
  // Not waited for: what is asked of a store that says nothing ends only with the store.
  resources.defer(() => abort.abort());
  return () => known;
}
