import { externalArtifactApiVersion, externalSourceApiVersion } from "../../core/api_names.ts";
import { artifactResource, sourceResource } from "./resource.ts";

/** A rule of a Role or ClusterRole (rbac.authorization.k8s.io/v1). */
export interface PolicyRule {
  readonly apiGroups?: readonly string[];
  readonly resources?: readonly string[];
  readonly resourceNames?: readonly string[];
  readonly nonResourceURLs?: readonly string[];
  readonly verbs: readonly string[];
}

const groupOf = (apiVersion: string) => apiVersion.split("/")[0]!;
const core = "";

function rule(
  apiGroup: string,
  resource: string,
  verbs: readonly string[],
): PolicyRule {
  return { apiGroups: [apiGroup], resources: [resource], verbs };
}

const sources = (subresource: string, verbs: readonly string[]) =>
  rule(groupOf(externalSourceApiVersion), sourceResource.plural + subresource, verbs);
const artifacts = (subresource: string, verbs: readonly string[]) =>
  rule(groupOf(externalArtifactApiVersion), artifactResource.plural + subresource, verbs);

/** What a controller may do in every namespace that it watches. */
export const watchPermissions: readonly PolicyRule[] = [
  // patch: to remove the finalizer of the Go implementation
  sources("", ["get", "list", "watch", "patch"]),
  sources("/status", ["patch"]),
  // blockOwnerDeletion, where the admission plugin OwnerReferencesPermissionEnforcement is on
  sources("/finalizers", ["update"]),
  artifacts("", ["get", "list", "watch", "create", "patch", "delete"]),
  artifacts("/status", ["patch"]),
  // get only: who may list Secrets has them all
  rule(core, "secrets", ["get"]),
  rule(core, "events", ["create", "patch"]),
];

/** The uid of this namespace names the cluster in the mark of a store (DESIGN §8). */
export const clusterPermissions: readonly PolicyRule[] = [
  { ...rule(core, "namespaces", ["get"]), resourceNames: ["kube-system"] },
];

/** What it may do in its own namespace: settings, and the Leases of the replicas. */
export const ownNamespacePermissions: readonly PolicyRule[] = [
  rule(core, "configmaps", ["get"]),
  rule("coordination.k8s.io", "leases", [
    ...["get", "list", "watch", "create", "update", "patch", "delete"],
  ]),
];

/** What it needs to ask who may read its metrics (`--metrics-secure`). */
export const reviewPermissions: readonly PolicyRule[] = [
  rule("authentication.k8s.io", "tokenreviews", ["create"]),
  rule("authorization.k8s.io", "subjectaccessreviews", ["create"]),
];

/** What a reader of the metrics needs. */
export const metricsReaderPermissions: readonly PolicyRule[] = [
  { nonResourceURLs: ["/metrics"], verbs: ["get"] },
];

const reading = ["get", "list", "watch"];
const editing = ["create", "delete", "deletecollection", "patch", "update"];

/** What people may do with ExternalSources, by role. */
export const sourcePermissions = {
  viewer: [sources("", reading), sources("/status", ["get"])],
  editor: [sources("", [...reading, ...editing]), sources("/status", ["get"])],
  admin: [sources("", ["*"]), sources("/status", ["get"])],
} as const satisfies Readonly<Record<string, readonly PolicyRule[]>>;

/** What people may do with ExternalArtifacts, by role. */
export const artifactPermissions = {
  viewer: [artifacts("", reading), artifacts("/status", ["get"])],
  editor: [artifacts("", [...reading, ...editing]), artifacts("/status", ["get"])],
  admin: [artifacts("", ["*"]), artifacts("/status", ["get"])],
} as const satisfies Readonly<Record<string, readonly PolicyRule[]>>;
