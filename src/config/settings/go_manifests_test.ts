import assert from "node:assert/strict";
import type { Settings } from "../../core/setting.ts";
import { parseSettings } from "../parse_settings.ts";
import { clusterSettings } from "./cluster_settings.ts";
import { hookExecutorSettings, hookSettings } from "./hook_settings.ts";
import { reconcileSettings } from "./reconcile_settings.ts";
import { storageSettings } from "./storage_settings.ts";
import { telemetrySettings } from "./telemetry_settings.ts";

/** In place of the settings that the generators, stores and the server export. */
const ofOtherRooms = {
  serverPort: {
    type: "integer",
    default: 8080,
    description: "d",
    flag: "artifact-server-port",
    variable: "ARTIFACT_SERVER_PORT",
    configMapKey: "artifactServer.port",
  },
  serverEnabled: {
    type: "boolean",
    default: true,
    description: "d",
    flag: "artifact-server-enabled",
    variable: "ARTIFACT_SERVER_ENABLED",
    configMapKey: "artifactServer.enabled",
  },
  httpTimeout: {
    type: "duration",
    default: 30_000,
    description: "d",
    variable: "HTTP_TIMEOUT",
    configMapKey: "http.timeout",
  },
  pvcPath: {
    type: "string",
    default: "/data/artifacts",
    description: "d",
    variable: "PVC_STORAGE_PATH",
    configMapKey: "storage.pvc.path",
  },
} as const satisfies Settings;

const described = {
  ...clusterSettings,
  ...reconcileSettings,
  ...hookSettings,
  ...hookExecutorSettings,
  ...storageSettings(["memory", "pvc"]),
  ...telemetrySettings,
  ...ofOtherRooms,
};

/** COMPATIBILITY §7: every flag of the Go binary, as the chart and the manifests give it or might. */
const goArguments = [
  ...["--metrics-bind-address=:8443", "--metrics-secure", "--metrics-secure=false"],
  ...[
    "--metrics-cert-path=/tmp/certs",
    "--metrics-cert-name=tls.crt",
    "--metrics-cert-key=tls.key",
  ],
  ...["--webhook-cert-path=/tmp/w", "--webhook-cert-name=tls.crt", "--webhook-cert-key=tls.key"],
  ...["--health-probe-bind-address=:8081", "--leader-elect", "--leader-elect=false"],
  ...["--enable-http2=false", "--artifact-server-port=8080", "--artifact-server-enabled=true"],
  ...["--zap-log-level=info", "--zap-devel=true", "--zap-encoder=console", "--zap-devel"],
  ...["--zap-stacktrace-level=error", "--zap-time-encoding=iso8601", "-kubeconfig", "/k"],
];

/** COMPATIBILITY §5 and §10: every variable that the chart and the manifests render. */
const goEnvironment = {
  STORAGE_BACKEND: "pvc",
  PVC_STORAGE_PATH: "/data/artifacts",
  HTTP_TIMEOUT: "30s",
  TRANSFORM_TIMEOUT: "10s",
  HOOK_WHITELIST_PATH: "/etc/hooks/whitelist.yaml",
  HOOK_EXECUTOR_ENDPOINT: "http://localhost:8082",
  HOOK_DEFAULT_TIMEOUT: "30s",
  AWS_ACCESS_KEY_ID: "x",
  SERVICE_NAME: "artifacts",
  POD_NAMESPACE: "flux-system",
  POD_NAME: "externalsource-controller-manager-0",
  CONFIG_MAP_NAME: "externalsource-externalsource-controller-config",
  CONFIG_MAP_NAMESPACE: "flux-system",
  RETRY_MAX_ATTEMPTS: "10",
  RETRY_BASE_DELAY: "1s",
  RETRY_MAX_DELAY: "5m",
  RETRY_JITTER_FACTOR: "0.25",
  METRICS_ENABLED: "true",
  METRICS_INTERVAL: "15s",
};

/** COMPATIBILITY §6, as shipped. */
const goConfigMap = {
  "storage.backend": "memory",
  "http.timeout": "30s",
  "retry.maxAttempts": "10",
  "retry.jitterFactor": "0.25",
  "hooks.defaultTimeout": "30s",
  "metrics.enabled": "true",
  "metrics.interval": "15s",
  "transform.timeout": "30s",
  "transform.memoryLimit": "64Mi",
};

Deno.test("every flag of the Go binary is accepted alone and all together", () => {
  for (
    const each of [
      ...goArguments.filter((flag) => flag.startsWith("--")).map((flag) => [flag]),
      goArguments,
    ]
  ) {
    parseSettings({ described, arguments: each, environment: {}, configMap: undefined });
  }
});

Deno.test("what the Go chart and manifests render is accepted; only what has no effect gets a line", () => {
  const { values, warnings } = parseSettings({
    described,
    arguments: ["--leader-elect", "--health-probe-bind-address=:8081", "--zap-log-level=info"],
    environment: goEnvironment,
    configMap: goConfigMap,
  });
  assert.equal(values.storageBackend, "pvc");
  assert.equal(values.podName, "externalsource-controller-manager-0");
  assert.equal(values.leaderElect, true);
  assert.deepEqual(warnings.map((line) => line.split(":")[0]), [
    "ConfigMap key metrics.interval has no effect",
    "ConfigMap key transform.timeout has no effect",
    "ConfigMap key transform.memoryLimit has no effect",
    "Variable TRANSFORM_TIMEOUT has no effect",
    "Variable METRICS_INTERVAL has no effect",
  ]);
});

Deno.test("Flux's names for flags are accepted", () => {
  const { values } = parseSettings({
    described,
    arguments: [
      ...["--log-level=debug", "--log-encoding=json", "--enable-leader-election", "--concurrent=4"],
      ...["--watch-all-namespaces=false", "--watch-label-selector=a=b", "--events-addr="],
      ...["--storage-adv-addr=artifacts.flux-system.svc.cluster.local."],
    ],
    environment: {},
    configMap: undefined,
  });
  assert.deepEqual(
    [values.logLevel, values.leaderElect, values.concurrent, values.watchAllNamespaces],
    ["debug", true, 4, false],
  );
  assert.equal(values.watchLabelSelector, "a=b");
  assert.equal(values.eventsAddr, "");
});

Deno.test("log levels are those that the chart documents, and whole numbers", () => {
  const parse = (level: string) =>
    parseSettings({
      described,
      arguments: [`--zap-log-level=${level}`],
      environment: {},
      configMap: undefined,
    });
  for (const level of ["debug", "info", "warn", "error", "panic", "INFO", "2"]) parse(level);
  for (const level of ["loud", "-1", "1.5"]) assert.throws(() => parse(level), /zap-log-level/);
});

Deno.test("a store that there is not is refused by its name, with those there are", () => {
  const environment = { STORAGE_BACKEND: "disk" };
  const sources = { described, arguments: [], environment, configMap: undefined };
  assert.throws(() => parseSettings(sources), /"disk": it must be one of memory, pvc/);
});

Deno.test("settings of hooks have Go's names and defaults, in the ConfigMap and in its config.json", () => {
  const valuesOf = (configMap: Record<string, string> | undefined) => {
    const { values } = parseSettings({ described, arguments: [], environment: {}, configMap });
    return [values.hookWhitelistPath, values.hookExecutorEndpoint, values.hookTimeout];
  };
  const defaults = ["/etc/hooks/whitelist.yaml", "http://localhost:8082", 30_000];
  assert.deepEqual(valuesOf(undefined), defaults);
  const flat = {
    "hooks.whitelistPath": "/w.yaml",
    "hooks.sidecarEndpoint": "http://127.0.0.1:1",
    "hooks.defaultTimeout": "1m",
  };
  assert.deepEqual(valuesOf(flat), ["/w.yaml", "http://127.0.0.1:1", 60_000]);
  const hooks = {
    whitelistPath: "/w.yaml",
    sidecarEndpoint: "http://127.0.0.1:1",
    defaultTimeout: 60_000_000_000,
  };
  const document = { "config.json": JSON.stringify({ hooks }) };
  assert.deepEqual(valuesOf(document), ["/w.yaml", "http://127.0.0.1:1", 60_000]);
});
