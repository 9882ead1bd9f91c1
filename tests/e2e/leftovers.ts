import assert from "node:assert/strict";
import type { Kube } from "./kube.ts";

/** Kinds of the whole cluster, and those of a namespace that an installation may have. */
const clusterKinds = [
  "namespaces",
  "customresourcedefinitions",
  "clusterroles",
  "clusterrolebindings",
];
// No Leases: helm takes the right to give its own back from a controller that is just ending.
const namespacedKinds = [
  ...["pods", "statefulsets", "services", "configmaps", "secrets", "serviceaccounts", "roles"],
  ...["rolebindings", "networkpolicies", "poddisruptionbudgets"],
];
/** What Kubernetes itself puts into every namespace. */
const everywhere = ["configmap/kube-root-ca.crt", "serviceaccount/default"];

/**
 * Waits until an installation is gone, but for what is expected to stay, as `kind/name`: in the cluster and, if that was there
 * before, in its namespace.
 */
export async function untilGone(
  kube: Kube,
  { namespace, stays = [] }: { readonly namespace?: string; readonly stays?: readonly string[] } =
    {},
): Promise<void> {
  await kube.until("nothing is left of the installation", async () => {
    const left = (await names(kube, clusterKinds, []))
      .filter((name) => name.includes("externalsource"));
    if (namespace !== undefined) {
      left.push(...await names(kube, namespacedKinds, ["--namespace", namespace]));
    }
    const own = [`namespace/${namespace}`, ...everywhere];
    const found = [...left, ...await volumes(kube)].filter((name) => !own.includes(name));
    assert.deepEqual(found, stays);
    return true;
  });
}

async function names(
  kube: Kube,
  kinds: readonly string[],
  where: readonly string[],
): Promise<string[]> {
  const text = await kube.run(["get", kinds.join(","), ...where, "--output=name"]);
  return text.split("\n").filter((name) => name !== "");
}

/** Volumes, by the claims that they were made for. */
async function volumes(kube: Kube): Promise<string[]> {
  const found = await kube.list("persistentvolumes");
  return found.map(({ spec }) => `persistentvolume of ${spec.claimRef?.name}`);
}
