import assert from "node:assert/strict";
import { ConfigError } from "../config/config_error.ts";
import { parseSettings } from "../config/parse_settings.ts";
import { goRendering } from "../../tests/go_rendering.ts";
import { controllerSettings } from "./operator_settings.ts";

interface Given {
  readonly arguments?: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  readonly configMap?: Readonly<Record<string, string>>;
}

function parse({ arguments: given = [], environment = {}, configMap }: Given) {
  return parseSettings({ described: controllerSettings, arguments: given, environment, configMap });
}

const defaults = {
  storageBackend: "memory",
  storagePath: "/data/artifacts",
  timeout: 30_000,
  idleConnTimeout: 90_000,
  maxIdleConns: 100,
  maxIdleConnsPerHost: 10,
  maxConnsPerHost: 100,
  userAgent: "externalsource-controller/1.0",
  retryMaxAttempts: 10,
  retryBaseDelay: 1_000,
  retryMaxDelay: 300_000,
  retryJitterFactor: 0.25,
  artifactServerEnabled: true,
  artifactServerPort: 8080,
  serviceName: "externalsource-artifacts",
  podNamespace: "flux-system",
  podName: "",
  configMapName: "externalsource-controller-config",
  configMapNamespace: "externalsource-controller-system",
  metricsEnabled: true,
  metricsBindAddress: "0",
  metricsSecure: true,
  healthProbeBindAddress: ":8081",
  leaderElect: false,
} as const;

Deno.test("controllerSettings have the defaults of the Go implementation", () => {
  const { values, warnings } = parse({});
  assert.deepEqual(warnings, []);
  const names = Object.keys(defaults) as (keyof typeof defaults)[];
  assert.deepEqual(Object.fromEntries(names.map((name) => [name, values[name]])), defaults);
});

Deno.test("controllerSettings take all that the Go chart and manifests render", () => {
  const { values, warnings } = parse(goRendering);
  assert.deepEqual(warnings.filter((line) => line.includes("unknown")), []);
  assert.equal(values.s3Endpoint, "https://s3.example.com");
  assert.equal(values.storageBackend, "pvc");
  assert.equal(values.timeout, 45_000);
  assert.equal(values.maxIdleConns, 50);
  assert.equal(values.retryMaxAttempts, 7);
  assert.equal(values.leaderElect, true);
});

Deno.test("controllerSettings take Flux's own names", () => {
  const { values } = parse({
    arguments: [
      ...[
        "--storage-path=/x",
        "--storage-adv-addr=a:1",
        "--concurrent=3",
        "--watch-label-selector=a=b",
      ],
      ...["--watch-all-namespaces=false", "--log-level=debug", "--log-encoding=console"],
      ...[
        "--events-addr=http://notification-controller.flux-system.svc.cluster.local./",
        "--enable-leader-election",
      ],
    ],
  });
  assert.deepEqual(
    [
      values.storagePath,
      values.storageAdvAddr,
      values.concurrent,
      values.watchLabelSelector,
      values.logLevel,
    ],
    ["/x", "a:1", 3, "a=b", "debug"],
  );
  assert.deepEqual([values.watchAllNamespaces, values.logEncoding, values.leaderElect], [
    false,
    "console",
    true,
  ]);
});

Deno.test("controllerSettings take proxies in both cases, and quote none", () => {
  assert.equal(
    parse({ environment: { https_proxy: "http://p:3128" } }).values.httpsProxy,
    "http://p:3128",
  );
  assert.throws(
    () => parse({ environment: { STORAGE_BACKEND: "disk" } }),
    (error) =>
      error instanceof ConfigError &&
      /STORAGE_BACKEND "disk": it must be one of memory, pvc, redis, s3/.test(error.message),
  );
});
