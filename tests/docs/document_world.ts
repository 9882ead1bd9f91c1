import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseAllDocuments } from "yaml";
import { monitorKinds } from "../chart/monitor_kinds.ts";
import { buildKustomization, type Manifest, manifestsDirectory } from "../chart/programs.ts";
import { buildPrograms, programDirectory } from "../cluster/build_programs.ts";
import { type ControlPlane, startControlPlane } from "../cluster/control_plane.ts";
import { fluxObjects } from "../e2e/pods.ts";
import { runCommand } from "../run_command.ts";
import { imagesBuiltIn } from "./expect_built_images.ts";
import type { Block } from "./read_blocks.ts";

const root = fileURLToPath(new URL("../../", import.meta.url));
const here = fileURLToPath(new URL(".", import.meta.url));

/** What commands of the pages may use beside the programs that something stands in for. */
const tools = ["cat", "date", "diff", "mkdir"];
const stoodInFor = [
  ...["kubectl", "helm", "externalsource-controller", "deno", "npx", "docker", "kind", "flux"],
  "grep",
];

const namespaces = ["flux-system", "externalsource", "monitoring", "team-a"];
const apply = ["apply", "--server-side", "--force-conflicts", "--filename", "-"];

/** As JSON: kubectl reads YAML 1.1, in which `yes` is a boolean. */
const stream = (items: readonly Manifest[]) =>
  JSON.stringify({ apiVersion: "v1", kind: "List", items });

/** The objects of a block of YAML. */
export function objectsOf(yaml: string): Manifest[] {
  return parseAllDocuments(yaml, { merge: true }).map((document) => document.toJS());
}

/** What controllers would make of an object: a pod and claims of what has pods, an ExternalArtifact of a source. */
function madeOf({ kind, metadata, spec }: Manifest): Manifest[] {
  const { name, namespace = "default" } = metadata;
  if (kind === "ExternalSource") {
    const sourceRef = { apiVersion: "source.flux.oddkin.co/v1alpha1", kind, name };
    const apiVersion = "source.toolkit.fluxcd.io/v1";
    const artifact = { apiVersion, kind: "ExternalArtifact", metadata: { name, namespace } };
    return [{ ...artifact, spec: { sourceRef } }];
  }
  if (kind !== "StatefulSet" && kind !== "Deployment") return [];
  const { template, volumeClaimTemplates = [] } = spec;
  const labels = template.metadata.labels;
  const claimed = volumeClaimTemplates.map(({ metadata }: Manifest) => ({
    name: metadata.name,
    persistentVolumeClaim: { claimName: `${metadata.name}-${name}-0` },
  }));
  const volumes = [...template.spec.volumes ?? [], ...claimed];
  return [
    {
      ...{ apiVersion: "v1", kind: "Pod", metadata: { name: `${name}-0`, namespace, labels } },
      spec: { ...template.spec, volumes },
    },
    ...volumeClaimTemplates.map(({ metadata, spec }: Manifest) => ({
      ...{ apiVersion: "v1", kind: "PersistentVolumeClaim", spec },
      metadata: { name: `${metadata.name}-${name}-0`, namespace },
    })),
  ];
}

/** An object that the pages' placeholders can mean, of each kind. */
const examples = `
apiVersion: source.flux.oddkin.co/v1alpha1
kind: ExternalSource
metadata: { name: example }
spec: { interval: 5m, generator: { type: http, http: { url: "https://api.example.com/x" } } }
---
apiVersion: kustomize.toolkit.fluxcd.io/v1
kind: Kustomization
metadata: { name: example }
spec: { interval: 1h, prune: true, sourceRef: { kind: ExternalArtifact, name: example } }
---
# Flux makes it in the quickstart.
apiVersion: v1
kind: ConfigMap
metadata: { name: greeting }
data: { text: hello }
`;

/** The whitelist of the Go implementation's chart, which the page about migration asks. */
async function goWhitelist(): Promise<Manifest> {
  const file = join(root, "tests/hooks/recipes/go_chart_whitelist.yaml");
  const metadata = { name: "externalsource-hook-whitelist", namespace: "flux-system" };
  const [, ...lines] = (await Deno.readTextFile(file)).split("\n"); // the first is ours
  const data = { "whitelist.yaml": lines.join("\n") };
  return { apiVersion: "v1", kind: "ConfigMap", metadata, data };
}

/** A clone of the project, and a real API server that has what the pages tell their readers to make before. */
export class DocumentWorld {
  readonly #plane: ControlPlane;
  /** With the clone, and programs beside it. */
  readonly #folder: string;
  readonly #programs: string;

  private constructor(plane: ControlPlane, folder: string, programs: string) {
    this.#plane = plane;
    this.#folder = folder;
    this.#programs = programs;
  }

  static async start(shown: readonly Manifest[]): Promise<DocumentWorld> {
    await buildPrograms(["crds", "helm", "kustomize", "kubectl"]);
    const plane = await startControlPlane();
    const folder = await Deno.makeTempDir({ prefix: "documents-" });
    const world = new DocumentWorld(plane, folder, await programDirectory());
    try {
      await world.#makeClone();
      await world.#makePrograms();
      await world.#populate(shown);
      return world;
    } catch (error) {
      await world.close();
      throw error;
    }
  }

  /** The folder that commands run in. */
  get clone(): string {
    return join(this.#folder, "externalsource-controller");
  }

  async #makeClone(): Promise<void> {
    await Deno.mkdir(this.clone);
    for (const { name } of Deno.readDirSync(root)) {
      if (name !== ".git") await Deno.symlink(join(root, name), join(this.clone, name));
    }
    const [source = ""] = examples.split("---");
    const whitelist = await Deno.readTextFile(join(manifestsDirectory, "hooks/whitelist.yaml"));
    for (const name of ["source.yaml", "services.yaml"]) {
      await Deno.writeTextFile(join(this.clone, name), source);
    }
    await Deno.writeTextFile(join(this.clone, "whitelist.yaml"), whitelist);
    await Deno.writeTextFile(join(this.clone, "ca.crt"), "of Redis");
    await Deno.mkdir(join(this.clone, "sources"));
    await Deno.writeTextFile(join(this.clone, "sources/source.yaml"), source);
  }

  async #makePrograms(): Promise<void> {
    const bin = join(this.#folder, "bin");
    await Deno.mkdir(bin);
    for (const name of tools) await Deno.symlink(`/usr/bin/${name}`, join(bin, name));
    for (const name of stoodInFor) {
      const call = `exec ${Deno.execPath()} run --allow-all --quiet ${here}run_stand_in.ts ${name}`;
      await Deno.writeTextFile(join(bin, name), `#!/bin/sh\n${call} "$@"\n`, { mode: 0o755 });
    }
  }

  async #populate(shown: readonly Manifest[]): Promise<void> {
    const { kubectl } = this.#plane;
    await kubectl(["apply", "--server-side", "--filename", join(this.#programs, "../crds")]);
    await kubectl(["create", "--filename", "-"], stream(monitorKinds));
    await kubectl(["wait", "--for=condition=Established", "crd", "--all", "--timeout=60s"]);
    for (const name of namespaces) await kubectl(["create", "namespace", name]);
    await kubectl(["create", "serviceaccount", "default"]);
    const objects = [
      ...fluxObjects(),
      ...await buildKustomization("overlays/pvc"),
      ...[...objectsOf(examples), ...shown],
    ];
    await kubectl(apply, stream([...objects, await goWhitelist()]));
    const made = new Map(
      objects.flatMap(madeOf).map((each) => [
        `${each.kind}/${each.metadata.namespace}/${each.metadata.name}`,
        each,
      ]),
    );
    await kubectl(apply, stream([...made.values()]));
  }

  /** The images that a page has its reader build; of what is no page, none. */
  async imagesOf(page: string): Promise<readonly string[]> {
    if (!page.endsWith(".md")) return [];
    return imagesBuiltIn(await Deno.readTextFile(join(this.clone, page)));
  }

  /**
   * Runs a script as a reader would, in the clone; throws with what its commands say is wrong.
   *
   * @param told what else the stand-ins are to know, in their environment
   */
  async run(script: string, told: Readonly<Record<string, string>> = {}): Promise<string> {
    const env = {
      ...told,
      PATH: join(this.#folder, "bin"),
      KUBECONFIG: this.#plane.kubeconfig,
      PROGRAMS: this.#programs,
    };
    return await runCommand("/bin/sh", { args: ["-euc", script], env, cwd: this.clone });
  }

  /**
   * Whether the API server would take objects; throws with what it says. A StatefulSet is tried under another name: what one
   * that is there keeps from its store cannot be changed.
   */
  async tryObjects(objects: readonly Manifest[]): Promise<void> {
    const tried = objects.map((each) =>
      each.kind === "StatefulSet"
        ? { ...each, metadata: { ...each.metadata, name: `${each.metadata.name}-new` } }
        : each
    );
    await this.#plane.kubectl([...apply, "--dry-run=server", "--validate=strict"], stream(tried));
  }

  /** The objects of a kustomization in a folder beside the clone, with further files. */
  async buildKustomization(files: Readonly<Record<string, string>>): Promise<Manifest[]> {
    const folder = await Deno.makeTempDir({ dir: this.#folder });
    for (const [name, text] of Object.entries(files)) {
      await Deno.writeTextFile(join(folder, name), text);
    }
    return objectsOf(
      await runCommand(join(this.#programs, "kustomize"), { args: ["build", folder] }),
    );
  }

  /** Writes a file into the clone. */
  async write(name: string, text: string): Promise<void> {
    await Deno.writeTextFile(join(this.clone, name), text);
  }

  async close(): Promise<void> {
    await this.#plane.close();
    await Deno.remove(this.#folder, { recursive: true });
  }
}

/** Where a block is. */
export function placeOf({ page, line, fence }: Block): string {
  return `${page}:${line} ${fence}`;
}
