import { goDefinitions } from "./go_crds.ts";
import type { KubeObject } from "./kube.ts";

/** The names that chart 0.2.0 gives where the release is called as the chart. */
export const goNames = {
  full: "flux-externalsource-controller",
  manager: "flux-externalsource-controller-manager",
  pods: "externalsource-artifacts",
} as const;

const selector = {
  "app.kubernetes.io/name": "flux-externalsource-controller",
  "app.kubernetes.io/instance": goNames.full,
  "app.kubernetes.io/component": "manager",
};
const rbac = "rbac.authorization.k8s.io";

/** What chart 0.2.0 makes for a release. */
interface GoChart {
  readonly namespace: string;
  /** All of its values. */
  readonly values: KubeObject;
}

function metadataOf({ namespace }: Pick<GoChart, "namespace">, name: string): KubeObject {
  const { "app.kubernetes.io/component": _, ...labels } = selector;
  return {
    ...{ name, namespace },
    labels: { ...labels, "app.kubernetes.io/managed-by": "Helm" },
  };
}

const everything = ["create", "delete", "get", "list", "patch", "update", "watch"];

function rightsOf(chart: GoChart): readonly KubeObject[] {
  const { namespace } = chart;
  const rules = {
    cluster: [
      { apiGroups: [""], resources: ["secrets", "configmaps"], verbs: ["get", "list", "watch"] },
      ...[["source.flux.oddkin.co", "externalsources"], [
        "source.toolkit.fluxcd.io",
        "externalartifacts",
      ]].flatMap(([group, kind]) => [
        { apiGroups: [group], resources: [kind], verbs: everything },
        { apiGroups: [group], resources: [`${kind}/status`], verbs: ["get", "patch", "update"] },
        { apiGroups: [group], resources: [`${kind}/finalizers`], verbs: ["update"] },
      ]),
    ],
    namespace: [
      { apiGroups: [""], resources: ["configmaps"], verbs: everything },
      { apiGroups: ["coordination.k8s.io"], resources: ["leases"], verbs: everything },
    ],
  };
  const subjects = [{ kind: "ServiceAccount", name: goNames.manager, namespace }];
  const pair = (kind: string, name: string, rules: readonly KubeObject[]) => {
    const { namespace: _, ...ofCluster } = metadataOf(chart, name);
    const metadata = kind === "Role" ? metadataOf(chart, name) : ofCluster;
    const roleRef = { apiGroup: rbac, kind, name };
    const binding = { ...metadata, name: `${name}binding` };
    return [
      { apiVersion: `${rbac}/v1`, kind, metadata, rules },
      { apiVersion: `${rbac}/v1`, kind: `${kind}Binding`, metadata: binding, roleRef, subjects },
    ];
  };
  return [
    { apiVersion: "v1", kind: "ServiceAccount", metadata: metadataOf(chart, goNames.manager) },
    ...pair("ClusterRole", `${goNames.full}-manager-role`, rules.cluster),
    ...pair("Role", `${goNames.full}-leader-election-role`, rules.namespace),
  ];
}

function servicesOf(chart: GoChart): readonly KubeObject[] {
  const { port } = chart.values["metrics"].service;
  const service = (name: string, spec: KubeObject) => ({
    ...{ apiVersion: "v1", kind: "Service", metadata: metadataOf(chart, name) },
    spec: { selector, ...spec },
  });
  return [
    service(goNames.pods, {
      ...{ clusterIP: "None", publishNotReadyAddresses: true },
      ports: [{ name: "artifacts", port: 8080, targetPort: "artifacts", protocol: "TCP" }],
    }),
    service(`${goNames.full}-metrics`, {
      ports: [{ name: "metrics", port, targetPort: 8080, protocol: "TCP" }],
    }),
  ];
}

function managerOf({ values: { image, controller } }: GoChart): KubeObject {
  const fromPod = (name: string, fieldPath: string) => ({
    name,
    valueFrom: { fieldRef: { fieldPath } },
  });
  const { path } = controller.storage.pvc;
  return {
    ...{ name: "manager", image: `${image.repository}:0.2.0`, command: ["/manager"] },
    imagePullPolicy: image.pullPolicy,
    args: [
      `--zap-log-level=${controller.logLevel}`,
      ...(controller.leaderElection ? ["--leader-elect"] : []),
      "--health-probe-bind-address=:8081",
      "--artifact-server-port=8080",
    ],
    env: [
      ...[fromPod("POD_NAME", "metadata.name"), fromPod("POD_NAMESPACE", "metadata.namespace")],
      { name: "SERVICE_NAME", value: goNames.pods },
      { name: "STORAGE_BACKEND", value: controller.storage.backend },
      { name: "PVC_STORAGE_PATH", value: path },
      { name: "HTTP_TIMEOUT", value: controller.http.timeout },
      { name: "TRANSFORM_TIMEOUT", value: controller.transform.timeout },
      { name: "HOOK_EXECUTOR_ENDPOINT", value: controller.hookExecutor.endpoint },
      { name: "HOOK_WHITELIST_PATH", value: controller.hookExecutor.whitelistPath },
      { name: "HOOK_DEFAULT_TIMEOUT", value: controller.hookExecutor.timeout },
      { name: "ARTIFACT_SERVER_PORT", value: "8080" },
      { name: "ARTIFACT_SERVER_ENABLED", value: "true" },
    ],
    ports: [{ name: "artifacts", containerPort: 8080, protocol: "TCP" }],
    livenessProbe: {
      httpGet: { path: "/healthz", port: 8081 },
      ...{ initialDelaySeconds: 15, periodSeconds: 20 },
    },
    readinessProbe: { httpGet: { path: "/readyz", port: 8081 }, periodSeconds: 1 },
    resources: controller.resources,
    securityContext: controller.containerSecurityContext,
    volumeMounts: [
      { name: "artifact-storage", mountPath: path },
      { name: "hook-whitelist", mountPath: "/etc/hooks" },
    ],
  };
}

function executorOf({ values: { controller: { hookExecutor } } }: GoChart): KubeObject {
  const { image, port, whitelistPath } = hookExecutor;
  const health = { httpGet: { path: "/health", port: "http" } };
  return {
    ...{ name: "externalsource-hook-executor", image: `${image.repository}:${image.tag}` },
    imagePullPolicy: image.pullPolicy,
    command: ["/app/externalsource-hook-executor"],
    args: ["--port", `${port}`, "--whitelist", whitelistPath],
    ports: [{ name: "http", containerPort: port, protocol: "TCP" }],
    livenessProbe: { ...health, initialDelaySeconds: 10, periodSeconds: 10 },
    readinessProbe: { ...health, periodSeconds: 1 },
    resources: hookExecutor.resources,
    securityContext: hookExecutor.containerSecurityContext,
    volumeMounts: [{ name: "hook-whitelist", mountPath: "/etc/hooks" }],
  };
}

function statefulSetOf(chart: GoChart): KubeObject {
  const { controller } = chart.values;
  const whitelist = { name: `${goNames.full}-hook-whitelist` };
  const claim = {
    metadata: { name: "artifact-storage" },
    spec: {
      accessModes: ["ReadWriteOnce"],
      resources: { requests: { storage: controller.storage.pvc.size } },
    },
  };
  const pod = {
    ...{ serviceAccountName: goNames.manager, terminationGracePeriodSeconds: 10 },
    securityContext: controller.securityContext,
    containers: [managerOf(chart), executorOf(chart)],
    volumes: [{ name: "hook-whitelist", configMap: whitelist }],
  };
  return {
    ...{ apiVersion: "apps/v1", kind: "StatefulSet", metadata: metadataOf(chart, goNames.manager) },
    spec: {
      ...{ replicas: controller.replicas, serviceName: goNames.pods },
      selector: { matchLabels: selector },
      template: { metadata: { labels: selector }, spec: pod },
      volumeClaimTemplates: [claim],
    },
  };
}

/** The objects that chart 0.2.0 makes with the store `pvc` (COMPATIBILITY §10; of the rights in §12 it lacked those to Events), for a release that is called as the chart. */
export function goObjects(chart: GoChart): readonly KubeObject[] {
  const { crds, controller } = chart.values;
  const { metadata } = goDefinitions.chart;
  const annotations = crds.keep ? { "helm.sh/resource-policy": "keep" } : {};
  return [
    { ...goDefinitions.chart, metadata: { ...metadata, annotations } },
    ...rightsOf(chart),
    ...servicesOf(chart),
    {
      ...{ apiVersion: "v1", kind: "ConfigMap" },
      metadata: metadataOf(chart, `${goNames.full}-hook-whitelist`),
      data: { "whitelist.yaml": controller.hookExecutor.whitelist },
    },
    statefulSetOf(chart),
  ];
}
