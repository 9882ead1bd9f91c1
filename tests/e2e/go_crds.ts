import type { KubeObject } from "./kube.ts";

const text = { type: "string" };
const flag = { type: "boolean" };
const record = (properties: KubeObject, ...required: readonly string[]): KubeObject => ({
  type: "object",
  properties,
  ...(required.length > 0 ? { required } : {}),
});
const list = (items: KubeObject): KubeObject => ({ type: "array", items });

/** Where the definition in the chart leaves something out, the one of kustomize wants it. */
type Strict = (...required: readonly string[]) => readonly string[];

function generatorOf(strict: Strict): KubeObject {
  const http = record({
    url: { ...text, format: "uri" },
    method: { ...text, default: "GET" },
    headersSecretRef: record({ name: text }, ...strict("name")),
    caBundleSecretRef: record({ name: text, key: text }, ...strict("name", "key")),
    insecureSkipVerify: flag,
  }, "url");
  return record({ type: { ...text, enum: ["http"] }, http }, "type");
}

function statusOf(strict: Strict): KubeObject {
  const condition = record({
    ...{ type: text, status: text, reason: text, message: text },
    ...{ lastTransitionTime: { ...text, format: "date-time" } },
    observedGeneration: { type: "integer" },
  }, ...strict("type", "status", "reason", "message", "lastTransitionTime"));
  const isMap = { "x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["type"] };
  const artifact = record({
    ...{ url: text, revision: text, lastUpdateTime: { ...text, format: "date-time" } },
    metadata: { type: "object", additionalProperties: text },
  }, ...strict("url", "revision", "lastUpdateTime"));
  return record({
    // The API server wants the keys of a map to be there in every item.
    conditions: { ...list(condition), ...(strict("").length > 0 ? isMap : {}) },
    artifact,
    lastHandledETag: text,
    observedGeneration: { type: "integer" },
  });
}

const hook = record(
  {
    ...{ name: text, command: text, args: list(text) },
    timeout: { ...text, default: "30s" },
    retryPolicy: { ...text, enum: ["ignore", "retry", "fail"], default: "fail" },
    env: list(record({ name: text, value: text }, "name", "value")),
  },
  "name",
  "command",
);
const hooks = record({ preRequest: list(hook), postRequest: list(hook) });
const interval = { ...text, pattern: "^([0-9]+(\\.[0-9]+)?(ms|s|m|h))+$", minLength: 2 };

function definition(spec: KubeObject, strict: Strict): KubeObject {
  const generator = generatorOf(strict);
  const common = { suspend: flag, destinationPath: text, generator };
  const ready = '.status.conditions[?(@.type=="Ready")]';
  const version = {
    ...{ name: "v1alpha1", served: true, storage: true, subresources: { status: {} } },
    schema: {
      openAPIV3Schema: record({
        ...{ apiVersion: text, kind: text, metadata: { type: "object" } },
        spec: record({ ...common, ...spec }, "interval", "generator"),
        status: statusOf(strict),
      }, ...strict("spec")),
    },
    additionalPrinterColumns: [
      { name: "Ready", type: "string", jsonPath: `${ready}.status` },
      { name: "Status", type: "string", jsonPath: `${ready}.message` },
      { name: "Age", type: "date", jsonPath: ".metadata.creationTimestamp" },
    ],
  };
  const kind = "ExternalSource";
  const names = { kind, listKind: `${kind}List`, plural: "externalsources" };
  return {
    ...{ apiVersion: "apiextensions.k8s.io/v1", kind: "CustomResourceDefinition" },
    metadata: { name: "externalsources.source.flux.oddkin.co" },
    spec: {
      ...{ group: "source.flux.oddkin.co", scope: "Namespaced", versions: [version] },
      names: { ...names, singular: "externalsource" },
    },
  };
}

/**
 * The two definitions of the Go implementation (COMPATIBILITY §1): that of its chart has `transform` and no hooks, which need the
 * one of kustomize.
 */
export const goDefinitions = {
  chart: definition({
    interval: text,
    transform: record({ type: { ...text, enum: ["cel"] }, expression: text }),
  }, () => []),
  kustomize: definition(
    { interval, hooks, maxRetries: { type: "integer", default: 3 } },
    (...required) => required,
  ),
};
