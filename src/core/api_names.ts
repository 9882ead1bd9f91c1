// No name of the API that users and other controllers see may change (COMPATIBILITY §1, FLUX.md).

/** API group of our kinds and annotations. */
export const group = "source.flux.oddkin.co";
/** Its one version. */
export const version = "v1alpha1";
/** `apiVersion` of an ExternalSource. */
export const externalSourceApiVersion = `${group}/${version}`;
/** `kind` of an ExternalSource. */
export const externalSourceKind = "ExternalSource";

/** API group of Flux's sources. */
export const fluxGroup = "source.toolkit.fluxcd.io";
/** `apiVersion` of Flux's ExternalArtifact. */
export const externalArtifactApiVersion = `${fluxGroup}/v1`;
/** `kind` of Flux's ExternalArtifact. */
export const externalArtifactKind = "ExternalArtifact";

/** Field manager of our writes, reporting controller of our events, value of the managed-by label. */
export const controllerName = "externalsource-controller";
/** Label of the ExternalArtifacts that are ours. */
export const managedByLabel = "app.kubernetes.io/managed-by";

/** On an ExternalArtifact: the replica that took it over from one that died, and when (DESIGN §10). */
export const ownerAnnotation = `${group}/owner`;

/** Set by `flux reconcile`, a Receiver or a person to ask for a reconcile now (fluxcd/pkg/apis/meta). */
export const requestedAtAnnotation = "reconcile.fluxcd.io/requestedAt";

/** Set by the Go implementation; removed when seen. */
export const legacyFinalizer = `${group}/externalsource-finalizer`;
