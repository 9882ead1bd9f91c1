import { join } from "node:path";
import { provideBinary } from "../binary/provide_binary.ts";
import { checkoutVersion } from "../binary/compile_binary.ts";
import { buildPrograms, programDirectory } from "../cluster/build_programs.ts";
import { makeImages } from "./images.ts";
import { Kube } from "./kube.ts";
import { fluxObjects } from "./pods.ts";
import { imageProgram } from "./program.ts";
import { startTestCluster, type TestCluster } from "./test_cluster.ts";

/** A cluster with Flux and with the images of this checkout. */
export interface E2eWorld extends AsyncDisposable {
  readonly cluster: TestCluster;
  readonly kube: Kube;
  /** Which form of the program is in the images. */
  readonly how: string;
}

async function loadImages(cluster: TestCluster): Promise<string> {
  const directory = await Deno.makeTempDir({ prefix: "e2e-images-" });
  try {
    await using binary = await provideBinary(await checkoutVersion());
    await cluster.load(await makeImages(await imageProgram(binary, directory), directory));
    return binary.how;
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
}

/** Flux as users have it, with kustomize-controller alone. */
async function installFlux(kube: Kube): Promise<void> {
  const crds = join(await programDirectory(), "../crds");
  await kube.run(["apply", "--server-side", "--filename", crds]);
  const wait = ["wait", "--for=condition=Established", "crd", "--all", "--timeout=60s"];
  // One without any condition yet is an error to `kubectl wait`.
  await kube.until("Flux's kinds are there", () => kube.run(wait));
  await kube.apply(...fluxObjects());
  await kube.untilRolledOut("flux-system", "deployment/kustomize-controller");
}

/**
 * Starts all of it. With the variable E2E_DIR a cluster in that directory is used again and left running.
 */
export async function startE2eWorld(): Promise<E2eWorld> {
  const kept = Deno.env.get("E2E_DIR");
  await buildPrograms(["crds", "kustomize-controller", "versitygw", "yq", "helm", "kubectl"]);
  const directory = kept ?? await Deno.makeTempDir({ prefix: "e2e-" });
  await Deno.mkdir(directory, { recursive: true });
  const cluster = await startTestCluster(directory);
  const close = async () => {
    if (kept !== undefined) return;
    await cluster.close();
    await Deno.remove(directory, { recursive: true });
  };
  try {
    const how = await loadImages(cluster);
    const kube = await Kube.connect(cluster.kubeconfig);
    await installFlux(kube);
    return { cluster, kube, how, [Symbol.asyncDispose]: close };
  } catch (error) {
    await close();
    throw error;
  }
}
