/** Names of the API that users and other controllers see; none may change (COMPATIBILITY §1, FLUX.md). */
export const group = "source.flux.oddkin.co";
export const version = "v1alpha1";
export const externalSourceApiVersion = `${group}/${version}`;
export const externalSourceKind = "ExternalSource";

export const fluxGroup = "source.toolkit.fluxcd.io";
export const externalArtifactApiVersion = `${fluxGroup}/v1`;
export const externalArtifactKind = "ExternalArtifact";

/** Field manager of our writes, reporting controller of our events, value of the managed-by label. */
export const controllerName = "externalsource-controller";
export const managedByLabel = "app.kubernetes.io/managed-by";

/** Set by `flux reconcile`, a Receiver or a person to ask for a reconcile now (fluxcd/pkg/apis/meta). */
export const requestedAtAnnotation = "reconcile.fluxcd.io/requestedAt";

/** Set by the Go implementation; removed when seen. */
export const legacyFinalizer = `${group}/externalsource-finalizer`;
