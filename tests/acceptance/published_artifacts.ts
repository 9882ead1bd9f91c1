import type { Artifact } from "../../src/core/artifact.ts";
import { findCondition } from "../../src/core/condition.ts";
import type { ExternalSourceStatus } from "../../src/core/external_source.ts";
import type { ClusterApi } from "./cluster_api.ts";

/** What an object of either kind publishes. */
export interface PublishedArtifact {
  readonly kind: "ExternalSource" | "ExternalArtifact";
  readonly name: string;
  readonly uid: string;
  /** Undefined if it publishes nothing yet. */
  readonly artifact: Artifact | undefined;
  readonly isReady: boolean;
  /** Why it is ready, or not. */
  readonly reason: string | undefined;
}

const lists = {
  ExternalSource: "/apis/source.flux.oddkin.co/v1alpha1/externalsources",
  ExternalArtifact: "/apis/source.toolkit.fluxcd.io/v1/externalartifacts",
} as const;

/** What every ExternalSource and every ExternalArtifact says now. */
export async function publishedArtifacts(api: ClusterApi): Promise<PublishedArtifact[]> {
  const kinds = ["ExternalSource", "ExternalArtifact"] as const;
  const found = await Promise.all(kinds.map(async (kind) => {
    const objects = await api.list<ExternalSourceStatus>(lists[kind]);
    return objects.map(({ metadata: { name, uid }, status }) => {
      const ready = findCondition(status?.conditions ?? [], "Ready");
      return {
        kind,
        name,
        uid,
        artifact: status?.artifact,
        isReady: ready?.status === "True",
        reason: ready?.reason,
      };
    });
  }));
  return found.flat();
}
