import type { Artifact } from "./artifact.ts";
import type { Condition } from "./condition.ts";
import type { ObjectMeta } from "./object_meta.ts";

/** `spec` of Flux's ExternalArtifact (source-controller `api/v1/externalartifact_types.go`). */
export interface ExternalArtifactSpec {
  readonly sourceRef?: {
    readonly apiVersion?: string;
    readonly kind: string;
    readonly name: string;
    readonly namespace?: string;
  };
}

/** `status` of Flux's ExternalArtifact. */
export interface ExternalArtifactStatus {
  readonly artifact?: Artifact;
  readonly conditions?: readonly Condition[];
}

/** Flux's ExternalArtifact (RFC-0012): what kustomize- and helm-controller consume. */
export interface ExternalArtifact {
  readonly metadata: ObjectMeta;
  readonly spec: ExternalArtifactSpec;
  readonly status: ExternalArtifactStatus;
}
