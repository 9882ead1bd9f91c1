import { join } from "node:path";
import { checkoutVersion } from "../binary/compile_binary.ts";
import { provideBinary } from "../binary/provide_binary.ts";
import { buildPrograms, programDirectory } from "../cluster/build_programs.ts";
import { makeImages } from "./images.ts";
import { Kube } from "./kube.ts";
import { fluxObjects } from "./pods.ts";
import { imageProgram } from "./program.ts";
import { startTestCluster, type TestCluster } from "./test_cluster.ts";

/** A cluster with Flux and with the images of this checkout. */
export interface E2eCluster extends AsyncDisposable {
  readonly cluster: TestCluster;
  readonly kube: Kube;
}

/** A cluster for all stories, and what another one is made of. */
export interface E2eWorld extends E2eCluster {
  /** Which form of the program is in the images. */
  readonly how: string;
  /** Ends the first cluster for good, and starts another one in which nothing of it is. */
  startEmpty(): Promise<E2eCluster>;
}

interface Images {
  readonly how: string;
  readonly archives: readonly string[];
}

async function buildImages(directory: string): Promise<Images> {
  await using binary = await provideBinary(await checkoutVersion());
  const archives = await makeImages(await imageProgram(binary, directory), directory);
  return { how: binary.how, archives };
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

async function startCluster(directory: string, images: Images): Promise<E2eCluster> {
  const cluster = await startTestCluster(directory);
  try {
    await cluster.load(images.archives);
    const kube = await Kube.connect(cluster.kubeconfig);
    await installFlux(kube);
    return { cluster, kube, [Symbol.asyncDispose]: () => cluster.close() };
  } catch (error) {
    await cluster.close();
    throw error;
  }
}

/**
 * Starts all of it. With the variable E2E_DIR a cluster in that directory is used again and left running, unless another one
 * took its place.
 */
export async function startE2eWorld(): Promise<E2eWorld> {
  const kept = Deno.env.get("E2E_DIR");
  await buildPrograms([
    ...["crds", "kustomize-controller", "versitygw", "yq", "helm", "kubectl", "flux-cli"],
  ]);
  const work = await Deno.makeTempDir({ prefix: "e2e-" });
  const removeWork = () => Deno.remove(work, { recursive: true });
  try {
    const images = await buildImages(work);
    const first = await startCluster(kept ?? join(work, "cluster"), images);
    const close = () => first.cluster.close();
    return {
      ...{ cluster: first.cluster, kube: first.kube, how: images.how },
      startEmpty: async () => {
        await close();
        return await startCluster(join(work, "empty"), images);
      },
      [Symbol.asyncDispose]: async () => {
        if (kept === undefined) await close();
        await removeWork();
      },
    };
  } catch (error) {
    await removeWork();
    throw error;
  }
}
