/** Kinds of the Prometheus operator, with any fields: they are compared with what it reads in chart_test.ts. */
export const monitorKinds = ["ServiceMonitor", "PodMonitor"].map((kind) => {
  const plural = `${kind.toLowerCase()}s`;
  const openAPIV3Schema = { type: "object", "x-kubernetes-preserve-unknown-fields": true };
  const served = { name: "v1", served: true, storage: true, schema: { openAPIV3Schema } };
  return {
    apiVersion: "apiextensions.k8s.io/v1",
    kind: "CustomResourceDefinition",
    metadata: { name: `${plural}.monitoring.coreos.com` },
    spec: {
      group: "monitoring.coreos.com",
      names: { kind, plural },
      scope: "Namespaced",
      versions: [served],
    },
  };
});
