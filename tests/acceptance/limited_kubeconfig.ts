import { parse, stringify } from "yaml";
import type { ControlPlane } from "../cluster/control_plane.ts";

/** What the ServiceAccount may do with everything of our kinds and Flux's, and with these of the core. */
export interface LimitedRights {
  readonly resources: readonly string[];
}

/** The ServiceAccount, as `kubectl` names it. */
export const limitedAccount = "default:limited";

/** Writes the kubeconfig of a ServiceAccount that may do less than a controller needs. */
export async function limitedKubeconfig(
  plane: ControlPlane,
  file: string,
  { resources }: LimitedRights,
): Promise<void> {
  const metadata = { name: "limited", namespace: "default" };
  const rbac = { apiVersion: "rbac.authorization.k8s.io/v1", metadata };
  const groups = ["source.flux.oddkin.co", "source.toolkit.fluxcd.io"];
  const rules = [
    { apiGroups: groups, resources: ["*"], verbs: ["*"] },
    { apiGroups: [""], resources, verbs: ["*"] },
  ];
  const items = [
    { apiVersion: "v1", kind: "ServiceAccount", metadata },
    { ...rbac, kind: "ClusterRole", rules },
    {
      ...rbac,
      kind: "ClusterRoleBinding",
      roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "ClusterRole", name: "limited" },
      subjects: [{ kind: "ServiceAccount", ...metadata }],
    },
  ];
  const list = JSON.stringify({ apiVersion: "v1", kind: "List", items });
  await plane.kubectl(["create", "--filename", "-"], list);
  const token = await plane.kubectl(["create", "token", "limited", "--namespace=default"]);
  const config = parse(await Deno.readTextFile(plane.kubeconfig));
  for (const each of config.users) each.user = { token };
  await Deno.writeTextFile(file, stringify(config));
}
