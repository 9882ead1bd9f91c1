import type { Artifact } from "../core/artifact.ts";
import type { NamespacedName } from "../core/source_key.ts";
import { connectKube, type KubeOptions } from "../objects/kube/connect_kube.ts";
import type { CredentialSource } from "../objects/kube/credentials.ts";
import { kubeconfigCredentials } from "../objects/kube/kubeconfig_credentials.ts";
import type { KubeObjects } from "../objects/kube/kube_objects.ts";
import { podCredentials } from "../objects/kube/pod_credentials.ts";
import { KindNotInstalledError } from "../objects/objects.ts";
import { InputError } from "./command.ts";
import { systemClock } from "./system_clock.ts";
import { version } from "./version.ts";

const serviceAccountDirectory = "/var/run/secrets/kubernetes.io/serviceaccount";

/** Where a process finds its cluster. */
export interface ClusterPlace {
  /** `--kubeconfig` or `KUBECONFIG`; empty: the pod's service account, else what kubectl would use. */
  readonly kubeconfig: string;
  readonly environment: Readonly<Record<string, string>>;
}

/** Whether the cluster is found through the service account of the pod that we run in. */
export function isInPod({ kubeconfig, environment }: ClusterPlace): boolean {
  return kubeconfig === "" && environment["KUBERNETES_SERVICE_HOST"] !== undefined;
}

/** The credentials of a process. @throws {InputError} if there are none, with what to do */
export async function findCredentials(place: ClusterPlace): Promise<CredentialSource> {
  const { environment, kubeconfig } = place;
  if (isInPod(place)) {
    const host = environment["KUBERNETES_SERVICE_HOST"]!;
    const port = environment["KUBERNETES_SERVICE_PORT"] ?? "443";
    return podCredentials({ directory: serviceAccountDirectory, host, port });
  }
  if (kubeconfig === "") await requireKubeconfig(environment);
  try {
    // Several files, separated by colons, are merged by client-node itself.
    const single = kubeconfig !== "" && !kubeconfig.includes(":");
    return await kubeconfigCredentials(single ? { file: kubeconfig } : {});
  } catch (error) {
    throw new InputError(
      `Cannot use kubeconfig ${JSON.stringify(kubeconfig || defaultKubeconfig)}: ${
        stateOf(error)
      }\nCorrect it, or give another with ${advice}`,
    );
  }
}

const defaultKubeconfig = "~/.kube/config";
const advice = "--kubeconfig FILE; without a cluster there are the commands local and build";

// Without any kubeconfig client-node would try http://localhost:8080, which nobody means.
async function requireKubeconfig(environment: ClusterPlace["environment"]): Promise<void> {
  const home = environment["HOME"] ?? environment["USERPROFILE"];
  const found = home && await Deno.stat(`${home}/.kube/config`).catch(() => undefined);
  if (!found) {
    throw new InputError(
      `Cannot find a cluster: there is no ${defaultKubeconfig}\nGive one with ${advice}`,
    );
  }
}

function stateOf(error: unknown): string {
  const code = error instanceof Error && "code" in error ? error.code : undefined;
  if (code === "ENOENT") return "it does not exist";
  if (code === "EISDIR") return "it is a directory";
  return error instanceof Error ? error.message : String(error);
}

/** A connection, named as this program. Nothing is sent before the first call. */
export function connect(
  credentials: CredentialSource,
  options: Partial<KubeOptions> = {},
): KubeObjects {
  return connectKube({
    credentials,
    clock: systemClock,
    random: Math.random,
    userAgent: `externalsource-controller/${version}`,
    instance: "externalsource-controller",
    ...options,
  });
}

/** The artifact that a cluster has published under a name, if any. */
export async function readPublished(
  name: NamespacedName,
  place: ClusterPlace,
): Promise<Artifact | undefined> {
  const objects = connect(await findCredentials(place));
  try {
    return (await objects.readArtifact(name))?.status.artifact;
  } catch (error) {
    if (!(error instanceof KindNotInstalledError)) throw error;
    throw new InputError(
      "Cannot compare: the cluster has no kind ExternalArtifact, which Flux 2.7 and newer install",
    );
  } finally {
    await objects.close();
  }
}
