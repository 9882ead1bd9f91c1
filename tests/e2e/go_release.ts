import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parse } from "yaml";
import { programDirectory } from "../cluster/build_programs.ts";
import { runCommand } from "../run_command.ts";
import { goImages } from "./go_image.ts";
import { goNames, goObjects } from "./go_objects.ts";
import { imageNames } from "./images.ts";
import { Installation } from "./installation.ts";
import type { Kube, KubeObject } from "./kube.ts";

const file = (name: string) => fileURLToPath(new URL(name, import.meta.url));
const ourChart = file("../../chart");

/** What somebody set of chart 0.2.0; everything else is its default. */
async function setValues(): Promise<KubeObject> {
  const { manager, executor } = goImages;
  const whitelist = await Deno.readTextFile(file("../hooks/recipes/go_chart_whitelist.yaml"));
  return {
    image: { repository: manager.repository },
    controller: {
      storage: { backend: "pvc" },
      hookExecutor: { image: { repository: executor.repository }, whitelist },
    },
  };
}

function merge(values: KubeObject, changes: KubeObject): KubeObject {
  const merged = { ...values };
  for (const [name, value] of Object.entries(changes)) {
    merged[name] = typeof value === "object" ? merge(merged[name], value) : value;
  }
  return merged;
}

/** A release of chart 0.2.0 of the Go implementation, and of ours in its place. */
export class GoRelease {
  readonly #kube: Kube;
  readonly #namespace: string;
  /** Where the controller is, whichever it is. */
  readonly installation: Installation;

  constructor(kube: Kube, namespace: string) {
    this.#kube = kube;
    this.#namespace = namespace;
    this.installation = new Installation({
      ...{ kube, namespace, statefulSet: goNames.manager },
      services: { pods: goNames.pods, gateway: `${goNames.full}-gateway` },
    });
  }

  /** `helm install` of a chart of our own that makes the objects of 0.2.0, by Helm's way of writing before version 4. */
  async install(): Promise<void> {
    const directory = await Deno.makeTempDir({ prefix: "go-chart-" });
    try {
      const [defaults, set] = [
        parse(await Deno.readTextFile(file("../chart/go_values.yaml"))),
        await setValues(),
      ];
      const chart = { apiVersion: "v2", name: goNames.full, version: "0.2.0", appVersion: "0.2.0" };
      const objects = goObjects({ namespace: this.#namespace, values: merge(defaults, set) });
      const write = (name: string, ...documents: readonly unknown[]) =>
        Deno.writeTextFile(join(directory, name), documents.map(toYaml).join("\n---\n"));
      await Deno.mkdir(join(directory, "templates"));
      await write("Chart.yaml", chart);
      await write("values.yaml", defaults);
      await write("set.yaml", set);
      await write("templates/objects.yaml", ...objects);
      const values = ["--values", join(directory, "set.yaml")];
      await this.#helm("install", goNames.full, directory, ...values, "--server-side=false");
    } finally {
      await Deno.remove(directory, { recursive: true });
    }
    await this.installation.untilReady();
  }

  /** `helm upgrade --reuse-values` to our chart, which is told nothing but where the images of these tests are. */
  async upgrade(): Promise<void> {
    const [image, tag] = imageNames.controller.split(":");
    const values = {
      "image.repository": image,
      "image.tag": tag,
      "controller.hookExecutor.image.repository": imageNames.hooks.split(":")[0],
    };
    const set = Object.entries(values).flatMap(([name, value]) => ["--set", `${name}=${value}`]);
    await this.#helm("upgrade", goNames.full, ourChart, "--reuse-values", ...set);
    await this.installation.untilReady();
  }

  async #helm(...args: readonly string[]): Promise<void> {
    await runHelm(this.#kube, ...args, "--namespace", this.#namespace);
  }
}

/** `helm uninstall` of all that is in the cluster, as earlier tests have left it. */
export async function uninstallReleases(kube: Kube): Promise<void> {
  const list = await runHelm(kube, "list", "--all-namespaces", "--output=json");
  for (const { name, namespace } of JSON.parse(list)) {
    await runHelm(kube, "uninstall", name, "--namespace", namespace, "--wait", "--timeout=180s");
  }
}

async function runHelm({ kubeconfig }: Kube, ...args: readonly string[]): Promise<string> {
  const program = join(await programDirectory(), "helm");
  return await runCommand(program, { args: [...args, "--kubeconfig", kubeconfig] });
}

/** JSON is YAML; nothing in it may look like a template. */
function toYaml(value: unknown): string {
  const text = JSON.stringify(value, undefined, 2);
  if (text.includes("{{")) throw new Error(`Cannot put into a template: ${text}`);
  return text;
}
