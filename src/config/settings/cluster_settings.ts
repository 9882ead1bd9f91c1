import type { Settings } from "../../core/setting.ts";
import { labelSelector } from "./label_selector.ts";

/** Which cluster, which part of it, and who this process is there. */
export const clusterSettings = {
  kubeconfig: {
    type: "string",
    default: "",
    description:
      "Kubeconfig file to use instead of the service account of the pod; with the variable also several, separated by colons.",
    flag: "kubeconfig",
    variable: "KUBECONFIG",
  },
  watchAllNamespaces: {
    type: "boolean",
    default: true,
    description: "Watch ExternalSources of all namespaces; if false, only those of POD_NAMESPACE.",
    flag: "watch-all-namespaces",
  },
  watchNamespace: {
    type: "string",
    default: "",
    description: "Watch only ExternalSources of this namespace.",
    flag: "watch-namespace",
    pattern: {
      expression: /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/,
      words: "the name of a namespace",
    },
  },
  watchLabelSelector: {
    type: "string",
    default: "",
    description: "Watch only ExternalSources with these labels.",
    flag: "watch-label-selector",
    pattern: labelSelector,
  },
  podName: {
    type: "string",
    default: "",
    description: "Name of this pod; part of the artifact URL in mode pod.",
    variable: "POD_NAME",
  },
  podNamespace: {
    type: "string",
    default: "flux-system",
    description: "Namespace of this pod.",
    variable: "POD_NAMESPACE",
    configMapKey: "artifactServer.serviceNamespace",
  },
  serviceName: {
    type: "string",
    default: "externalsource-artifacts",
    description: "Name of the Service in front of the artifact server; part of the artifact URL.",
    variable: "SERVICE_NAME",
    configMapKey: "artifactServer.serviceName",
  },
  configMapName: {
    type: "string",
    default: "externalsource-controller-config",
    description: "ConfigMap that settings are read from; it need not exist.",
    variable: "CONFIG_MAP_NAME",
  },
  configMapNamespace: {
    type: "string",
    default: "externalsource-controller-system",
    description: "Namespace of that ConfigMap.",
    variable: "CONFIG_MAP_NAMESPACE",
  },
  leaderElect: {
    type: "boolean",
    default: false,
    description:
      "Share the sources among the replicas; without it the oldest one works on all, and the others serve and stand by.",
    flag: "leader-elect",
    flagAliases: ["enable-leader-election"],
  },
  webhookCertPath: {
    type: "string",
    default: "",
    description: "Directory of the webhook's certificate.",
    flag: "webhook-cert-path",
    ignored: "there is no webhook",
  },
  webhookCertName: {
    type: "string",
    default: "tls.crt",
    description: "File of the webhook's certificate.",
    flag: "webhook-cert-name",
    ignored: "there is no webhook",
  },
  webhookCertKey: {
    type: "string",
    default: "tls.key",
    description: "File of the webhook's key.",
    flag: "webhook-cert-key",
    ignored: "there is no webhook",
  },
} as const satisfies Settings;
