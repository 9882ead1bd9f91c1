import assert from "node:assert/strict";
import { buildKustomization, findManifest, type Manifest, renderChart } from "./programs.ts";

/** Rights of a ServiceAccount as lines such as `flux-system: get configmaps`; `*` stands for all namespaces. */
function rightsOf(manifests: readonly Manifest[]): string[] {
  const account = findManifest(manifests, "ServiceAccount").metadata.name;
  const bindings = manifests.filter(({ subjects = [] }) =>
    subjects.some(({ name }: Manifest) => name === account)
  );
  return bindings.flatMap(({ kind, metadata, roleRef }) => {
    const where = kind === "ClusterRoleBinding" ? "*" : metadata.namespace;
    const roles = manifests.filter((each) =>
      each.kind === roleRef.kind && each.metadata.name === roleRef.name &&
      (each.kind === "ClusterRole" || each.metadata.namespace === where)
    );
    assert.equal(roles.length, 1, roleRef.name);
    return roles[0]!.rules.flatMap(linesOf).map((line: string) => `${where}: ${line}`);
  }).sort();
}

function linesOf({ apiGroups, resources, resourceNames = [], verbs, ...rest }: Manifest): string[] {
  assert.deepEqual(rest, {});
  return apiGroups.flatMap((group: string) =>
    resources.map((resource: string) => {
      const object = [resource, ...resourceNames].join("/");
      return `${verbs.join(" ")} ${object}${group === "" ? "" : ` of ${group}`}`;
    })
  );
}

/** The part of COMPATIBILITY §12 that is about objects in the namespaces of sources. */
const ofSources = [
  "get list watch patch externalsources of source.flux.oddkin.co",
  "update externalsources/finalizers of source.flux.oddkin.co",
  "patch externalsources/status of source.flux.oddkin.co",
  "get list watch create patch delete externalartifacts of source.toolkit.fluxcd.io",
  "patch externalartifacts/status of source.toolkit.fluxcd.io",
  "get secrets",
  "create patch events",
];
const ofCluster = ["get namespaces/kube-system"];
const ofOwnNamespace = [
  "get configmaps",
  "get list watch create update patch delete leases of coordination.k8s.io",
];
const ofSecureMetrics = [
  "create tokenreviews of authentication.k8s.io",
  "create subjectaccessreviews of authorization.k8s.io",
];

const lines = (where: string, rights: readonly string[]) =>
  rights.map((right) => `${where}: ${right}`);

Deno.test("the controller has the rights of COMPATIBILITY §12 and no others", async () => {
  const own = lines("flux-system", ofOwnNamespace);
  const everywhere = [...lines("*", [...ofSources, ...ofCluster]), ...own];
  const narrow = [...lines("team", ofSources), ...lines("*", ofCluster), ...own];
  const reviews = lines("*", ofSecureMetrics);
  const cases: [Manifest[], readonly string[]][] = [
    [await buildKustomization("base"), [...everywhere, ...reviews]],
    [await renderChart(), [...everywhere, ...reviews]],
    [await renderChart({ set: ["metrics.secure=false"] }), everywhere],
    [
      await renderChart({ set: ["controller.watchNamespace=team", "metrics.secure=false"] }),
      narrow,
    ],
  ];
  for (const [manifests, rights] of cases) {
    assert.deepEqual(rightsOf(manifests), rights.toSorted());
  }
});
