import assert from "node:assert/strict";
import { containerOf, findManifest, type Manifest, variablesOf } from "./programs.ts";
import { type Installation, kustomizations } from "./renderings.ts";

const installations = await kustomizations();
const statefulSetOf = ({ manifests }: Installation) => findManifest(manifests, "StatefulSet");

function everywhere(check: (installation: Installation) => void) {
  for (const installation of installations) {
    try {
      check(installation);
    } catch (error) {
      throw new Error(installation.name, { cause: error });
    }
  }
}

Deno.test("there is a kustomization for each store and each place", () => {
  const names = installations.map(({ name }) => name.replace("overlays/", "")).sort();
  const stores = ["pvc", "redis", "s3", "shared-volume"];
  assert.deepEqual(names, ["base", "development", "e2e", "production", ...stores].sort());
});

Deno.test("the base names the images of this version", async () => {
  const { version } = JSON.parse(
    await Deno.readTextFile(new URL("../../deno.json", import.meta.url)),
  );
  const base = installations.find(({ name }) => name === "base")!;
  for (const { image } of statefulSetOf(base).spec.template.spec.containers) {
    assert.match(image, new RegExp(`^ghcr.io/oddkinco/[a-z-]+:${version}$`));
  }
});

Deno.test("kustomizations keep the names and the immutable fields of 0.2.0", () => {
  everywhere((installation) => {
    const { metadata, spec } = statefulSetOf(installation);
    assert.equal(metadata.name, "externalsource-controller-manager");
    assert.equal(spec.serviceName, "externalsource-artifacts");
    assert.equal(spec.podManagementPolicy, undefined);
    assert.deepEqual(spec.selector.matchLabels, {
      "app.kubernetes.io/name": "flux-externalsource-controller",
      "control-plane": "controller-manager",
    });
    const claims = (spec.volumeClaimTemplates ?? []).map((each: Manifest) => each.metadata.name);
    const hasOwn = /pvc|production|e2e/.test(installation.name);
    assert.deepEqual(claims, hasOwn ? ["artifact-storage"] : []);
    const names = installation.manifests.map((each) => `${each.kind}/${each.metadata.name}`);
    const kept = [
      "Service/externalsource-controller-manager-metrics-service",
      "ConfigMap/externalsource-externalsource-controller-config",
      "ConfigMap/externalsource-hook-whitelist",
      "ServiceAccount/externalsource-controller-manager",
      "ClusterRole/externalsource-manager-role",
      "NetworkPolicy/externalsource-allow-metrics-traffic",
    ];
    assert.deepEqual(kept.filter((name) => !names.includes(name)), []);
  });
});

Deno.test("kustomizations publish under the pod only where it is one with a store of its own", () => {
  everywhere((installation) => {
    const set = statefulSetOf(installation);
    const variables = variablesOf(containerOf(set));
    const isShared = /s3|redis|shared/.test(installation.name);
    const isPod = set.spec.replicas === 1 && !isShared;
    assert.equal(variables["ARTIFACT_URL_MODE"], isPod ? "pod" : "service");
    const service = findManifest(installation.manifests, "Service", variables["SERVICE_NAME"]);
    assert.equal(service.spec.clusterIP === "None", isPod);
    assert.equal(service.spec.publishNotReadyAddresses === true, isPod);
  });
});

Deno.test("kustomizations mount the token of the ServiceAccount in manager alone", () => {
  everywhere((installation) => {
    const { spec } = statefulSetOf(installation).spec.template;
    assert.equal(spec.automountServiceAccountToken, false);
    const holders = spec.containers.filter(({ volumeMounts }: Manifest) =>
      volumeMounts.some(({ mountPath }: Manifest) => /serviceaccount/.test(mountPath))
    );
    assert.deepEqual(holders.map(({ name }: Manifest) => name), ["manager"]);
  });
});

Deno.test("every binding of a kustomization names the ServiceAccount where it is", () => {
  everywhere(({ manifests }) => {
    const { name, namespace } = findManifest(manifests, "ServiceAccount").metadata;
    const subjects = manifests.flatMap(({ subjects = [] }) => subjects);
    assert.equal(subjects.length, 3);
    for (const subject of subjects) {
      assert.deepEqual(subject, { kind: "ServiceAccount", name, namespace });
    }
  });
});

Deno.test("rights of people go to those who have view, edit or admin", () => {
  const aggregation = "rbac.authorization.k8s.io/aggregate-to-";
  everywhere(({ manifests }) => {
    const targets = (name: string) =>
      Object.keys(findManifest(manifests, "ClusterRole", name).metadata.labels)
        .filter((label) => label.startsWith(aggregation))
        .map((label) => label.slice(aggregation.length));
    assert.deepEqual(targets("externalsource-viewer-role").sort(), ["flux-view", "view"]);
    assert.deepEqual(targets("externalsource-editor-role").sort(), ["edit", "flux-edit"]);
    assert.deepEqual(targets("externalsource-admin-role"), ["admin"]);
    assert.deepEqual(targets("externalartifact-editor-role"), []);
    assert.deepEqual(targets("manager-role"), []);
  });
});
