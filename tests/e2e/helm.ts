import { fileURLToPath } from "node:url";
import { join } from "node:path";
import { programDirectory } from "../cluster/build_programs.ts";
import { runCommand } from "../run_command.ts";
import { imageNames } from "./images.ts";
import { Installation } from "./installation.ts";
import type { Kube } from "./kube.ts";

const chart = fileURLToPath(new URL("../../chart", import.meta.url));
// The name of the StatefulSet and its pods' label must fit into 63 characters.
const release = "sources";
const fullname = `${release}-flux-externalsource-controller`;

/** The values that put the images of these tests in the place of the released ones. */
const imageValues = [
  ...["image", "controller.hookExecutor.image"].map((each) => `${each}.tag=e2e`),
  `image.repository=${imageNames.controller.replace(/:e2e$/, "")}`,
  `controller.hookExecutor.image.repository=${imageNames.hooks.replace(/:e2e$/, "")}`,
];

/** The chart as a release in a namespace that is there. */
export class HelmRelease {
  readonly #kube: Kube;
  readonly #namespace: string;

  constructor(kube: Kube, namespace: string) {
    this.#kube = kube;
    this.#namespace = namespace;
  }

  /** `helm upgrade --install`, with values as behind `--set`. */
  async install(...values: readonly string[]): Promise<Installation> {
    const set = [...imageValues, ...values].flatMap((value) => ["--set", value]);
    await this.#helm("upgrade", "--install", release, chart, ...set);
    const installation = new Installation({
      kube: this.#kube,
      namespace: this.#namespace,
      statefulSet: `${fullname}-manager`,
      services: { pods: "externalsource-artifacts", gateway: `${fullname}-gateway` },
    });
    await installation.untilReady();
    return installation;
  }

  /** `helm test`; throws with what it says if a test fails. */
  async test(): Promise<string> {
    return await this.#helm("test", release, "--timeout", "180s");
  }

  /** `helm uninstall`, also if it is not there. */
  async uninstall(): Promise<void> {
    const wait = ["--ignore-not-found", "--wait", "--timeout", "180s"];
    await this.#helm("uninstall", release, ...wait);
  }

  async #helm(...args: readonly string[]): Promise<string> {
    return await runCommand(join(await programDirectory(), "helm"), {
      args: [...args, "--namespace", this.#namespace, "--kubeconfig", this.#kube.kubeconfig],
    });
  }
}
