import { imageNames } from "./images.ts";
import type { KubeObject } from "./kube.ts";

/** What Pod Security calls restricted. */
const restrictedPod = {
  runAsNonRoot: true,
  runAsUser: 65532,
  fsGroup: 65532,
  seccompProfile: { type: "RuntimeDefault" },
};
const restrictedContainer = {
  allowPrivilegeEscalation: false,
  readOnlyRootFilesystem: true,
  capabilities: { drop: ["ALL"] },
};

/** A namespace; Pod Security refuses what is not restricted. */
export function restrictedNamespace(name: string): KubeObject {
  const labels = { "pod-security.kubernetes.io/enforce": "restricted" };
  return { apiVersion: "v1", kind: "Namespace", metadata: { name, labels } };
}

interface ServerParts {
  readonly namespace: string;
  readonly name: string;
  readonly image: string;
  readonly command: readonly string[];
  readonly port: number;
  /** Run before it, with the same directory, in a busybox. */
  readonly before?: readonly string[];
  /** A claim of a volume for `/data`, which is empty otherwise. */
  readonly claim?: string;
}

/** One pod with a `/data`, and a Service of its name in front of it. */
export function serverPod(parts: ServerParts): readonly KubeObject[] {
  const { namespace, name, image, command, port, before, claim } = parts;
  const metadata = { name, namespace, labels: { app: name } };
  const common = {
    imagePullPolicy: "IfNotPresent",
    securityContext: restrictedContainer,
    volumeMounts: [{ name: "data", mountPath: "/data" }],
  };
  const pod = {
    securityContext: restrictedPod,
    terminationGracePeriodSeconds: 1,
    ...(before
      ? {
        initContainers: [{ ...common, name: "before", image: imageNames.busybox, command: before }],
      }
      : {}),
    containers: [{
      ...common,
      ...{ name: "server", image, command, ports: [{ containerPort: port }] },
      readinessProbe: { tcpSocket: { port }, periodSeconds: 1 },
    }],
    volumes: [
      {
        name: "data",
        ...(claim ? { persistentVolumeClaim: { claimName: claim } } : { emptyDir: {} }),
      },
    ],
  };
  const template = { metadata: { labels: { app: name } }, spec: pod };
  return [
    {
      ...{ apiVersion: "apps/v1", kind: "StatefulSet", metadata },
      spec: { serviceName: name, selector: { matchLabels: { app: name } }, template },
    },
    {
      ...{ apiVersion: "v1", kind: "Service", metadata },
      spec: { selector: { app: name }, ports: [{ port }] },
    },
  ];
}

/** Flux's kustomize-controller as it is released, with what `flux install` gives it. */
export function fluxObjects(): readonly KubeObject[] {
  const metadata = { name: "kustomize-controller", namespace: "flux-system" };
  const labels = { app: metadata.name };
  const container = {
    ...{ name: "manager", image: imageNames.flux, imagePullPolicy: "IfNotPresent" },
    args: [
      "--watch-all-namespaces=true",
      "--feature-gates=ExternalArtifact=true",
      "--requeue-dependency=1s",
    ],
    env: [{ name: "RUNTIME_NAMESPACE", value: metadata.namespace }],
    readinessProbe: { httpGet: { path: "/readyz", port: 9440 }, periodSeconds: 1 },
    securityContext: restrictedContainer,
    volumeMounts: [{ name: "tmp", mountPath: "/tmp" }],
  };
  const spec = {
    serviceAccountName: metadata.name,
    securityContext: restrictedPod,
    containers: [container],
    volumes: [{ name: "tmp", emptyDir: {} }],
  };
  const rbac = "rbac.authorization.k8s.io";
  return [
    restrictedNamespace(metadata.namespace),
    { apiVersion: "v1", kind: "ServiceAccount", metadata },
    {
      ...{
        apiVersion: `${rbac}/v1`,
        kind: "ClusterRoleBinding",
        metadata: { name: metadata.name },
      },
      roleRef: { apiGroup: rbac, kind: "ClusterRole", name: "cluster-admin" },
      subjects: [{ kind: "ServiceAccount", ...metadata }],
    },
    {
      ...{ apiVersion: "apps/v1", kind: "Deployment", metadata },
      spec: { selector: { matchLabels: labels }, template: { metadata: { labels }, spec } },
    },
  ];
}
