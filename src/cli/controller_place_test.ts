import assert from "node:assert/strict";
import { ConfigError } from "../config/config_error.ts";
import { parseSettings } from "../config/parse_settings.ts";
import type { ClusterPlace } from "./cluster_connection.ts";
import { checkPlace, controllerUrlBase, isReadOnly, watchedNamespace } from "./controller_place.ts";
import { controllerSettings } from "./operator_settings.ts";

const inPod: ClusterPlace = {
  kubeconfig: "",
  environment: { KUBERNETES_SERVICE_HOST: "10.96.0.1" },
};
const onLaptop: ClusterPlace = { kubeconfig: "/home/me/.kube/config", environment: {} };

function valuesOf(environment: Record<string, string>, ...given: string[]) {
  const sources = {
    described: controllerSettings,
    arguments: given,
    environment,
    configMap: undefined,
  };
  return parseSettings(sources).values;
}

Deno.test("isReadOnly() is a controller outside a pod that nobody could reach", () => {
  assert.equal(isReadOnly(valuesOf({}), onLaptop), true);
  assert.equal(isReadOnly(valuesOf({}, "--storage-adv-addr=192.0.2.1:8080"), onLaptop), false);
  assert.equal(isReadOnly(valuesOf({ POD_NAME: "manager-0" }), onLaptop), false);
  assert.equal(isReadOnly(valuesOf({}), inPod), false);
});

Deno.test("checkPlace() refuses a pod that keeps files but does not know its name", () => {
  const unnamed = valuesOf({ STORAGE_BACKEND: "pvc" });
  assert.throws(
    () => checkPlace(unnamed, inPod),
    (error) => error instanceof ConfigError && /POD_NAME/.test(error.message),
  );
  checkPlace(valuesOf({ STORAGE_BACKEND: "pvc", POD_NAME: "manager-0" }), inPod);
  checkPlace(valuesOf({ STORAGE_BACKEND: "pvc", ARTIFACT_URL_MODE: "service" }), inPod);
  checkPlace(valuesOf({ STORAGE_BACKEND: "memory" }), inPod);
  checkPlace(unnamed, onLaptop);
});

Deno.test("checkPlace() refuses a store whose settings do not fit together, each mistake at once", () => {
  const values = valuesOf({ STORAGE_BACKEND: "s3", S3_ACCESS_KEY_ID: "a", POD_NAME: "manager-0" });
  assert.throws(
    () => checkPlace(values, inPod),
    (error) =>
      error instanceof ConfigError && /set S3_BUCKET/.test(error.message) &&
      /S3_SECRET_ACCESS_KEY alone/.test(error.message),
  );
  checkPlace(valuesOf({ STORAGE_BACKEND: "s3", S3_BUCKET: "bucket" }), inPod);
});

const bases: readonly {
  environment: Record<string, string>;
  port: number | undefined;
  base: string;
}[] = [
  {
    environment: {},
    port: 8080,
    base: "http://externalsource-artifacts.flux-system.svc.cluster.local:8080",
  },
  {
    environment: { POD_NAME: "m-0" },
    port: 9,
    base: "http://m-0.externalsource-artifacts.flux-system.svc.cluster.local:9",
  },
  {
    environment: { POD_NAME: "m-0", STORAGE_BACKEND: "s3" },
    port: 8080,
    base: "http://externalsource-artifacts.flux-system.svc.cluster.local:8080",
  },
  {
    environment: { POD_NAME: "m-0", ARTIFACT_URL_MODE: "service" },
    port: 9,
    base: "http://externalsource-artifacts.flux-system.svc.cluster.local:9",
  },
  {
    environment: { POD_NAME: "m-0", SERVICE_NAME: "s", POD_NAMESPACE: "n" },
    port: 9,
    base: "http://m-0.s.n.svc.cluster.local:9",
  },
  { environment: { POD_NAME: "m-0" }, port: undefined, base: "memory://localhost" },
];
for (const { environment, port, base } of bases) {
  Deno.test(`controllerUrlBase() with ${JSON.stringify(environment)} and port ${port}`, () => {
    assert.equal(controllerUrlBase(valuesOf(environment), { port }), base);
  });
}

Deno.test("watchedNamespace() is that of the flag, or of the pod if not all are watched", () => {
  assert.equal(watchedNamespace(valuesOf({})), "");
  assert.equal(watchedNamespace(valuesOf({}, "--watch-namespace=a")), "a");
  assert.equal(
    watchedNamespace(valuesOf({ POD_NAMESPACE: "p" }, "--watch-all-namespaces=false")),
    "p",
  );
});
