import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { externalSourceApiVersion } from "../../src/core/api_names.ts";
import { connectKube, type KubeOptions } from "../../src/objects/kube/connect_kube.ts";
import { kubeconfigCredentials } from "../../src/objects/kube/kubeconfig_credentials.ts";
import type { KubeObjects } from "../../src/objects/kube/kube_objects.ts";
import {
  type ControlPlane,
  type ControlPlaneOptions,
  startControlPlane,
} from "../cluster/control_plane.ts";
import type { ObjectsHarness, Outside, SourceManifest } from "../contract/objects_harness.ts";
import { systemClock } from "../../src/cli/system_clock.ts";

const clusterFolder = fileURLToPath(new URL("../cluster/", import.meta.url));

/** Where `build.sh` has put Flux's CRDs. */
async function fluxCrd(): Promise<string> {
  const script = `here=${clusterFolder}; . "$here/env.sh"; echo "$cache"`;
  const { stdout } = await new Deno.Command("sh", { args: ["-c", script] }).output();
  const cache = new TextDecoder().decode(stdout).trim();
  return join(cache, "crds", "source.toolkit.fluxcd.io_externalartifacts.yaml");
}

/** A real API server with both kinds, and clients for it. */
export class KubeWorld {
  readonly plane: ControlPlane;
  #namespaces = 0;

  private constructor(plane: ControlPlane) {
    this.plane = plane;
  }

  static async start(options: ControlPlaneOptions = {}): Promise<KubeWorld> {
    const world = new KubeWorld(await startControlPlane(options));
    try {
      await world.installFlux();
      return world;
    } catch (error) {
      await world.plane.close();
      throw error;
    }
  }

  async installFlux(): Promise<void> {
    await this.plane.kubectl(["apply", "--server-side", "--filename", await fluxCrd()]);
    // Without a namespace there is no object, but there is an answer once the kind is served.
    const isServed = () =>
      this.plane.kubectl(["get", "externalartifacts", "-A"]).then(() => true, () => false);
    while (!(await isServed()));
  }

  /** A new, empty namespace. */
  async namespace(): Promise<string> {
    const name = `n${++this.#namespaces}`;
    await this.plane.kubectl(["create", "namespace", name]);
    return name;
  }

  /** A client with the administrator's credentials; `close()` it. */
  async connect(options: Partial<KubeOptions> = {}): Promise<KubeObjects> {
    const { kubeconfig } = this.plane;
    return connectKube({
      credentials: await kubeconfigCredentials({ file: kubeconfig }),
      clock: systemClock,
      random: Math.random,
      userAgent: "test",
      instance: "test",
      ...options,
    });
  }

  async harness(): Promise<ObjectsHarness> {
    const namespace = await this.namespace();
    const objects = await this.connect();
    return { objects, namespace, outside: this.#outside(namespace, objects) };
  }

  /** Creates sources by one call of kubectl. */
  async createSources(namespace: string, manifests: readonly SourceManifest[]): Promise<void> {
    const items = manifests.map(({ spec, ...metadata }) => ({
      apiVersion: externalSourceApiVersion,
      kind: "ExternalSource",
      metadata: { ...metadata, namespace },
      spec,
    }));
    const list = JSON.stringify({ apiVersion: "v1", kind: "List", items });
    await this.plane.kubectl(["create", "--filename", "-"], list);
  }

  #outside(namespace: string, objects: KubeObjects): Outside {
    const kubectl = (...args: string[]) => this.plane.kubectl(["--namespace", namespace, ...args]);
    const patch = (kind: string, name: string, body: unknown) =>
      kubectl("patch", kind, name, "--type=merge", `--patch=${JSON.stringify(body)}`);
    const remove = (kind: string, name: string) => kubectl("delete", kind, name, "--wait=false");
    const interval = "99999999999999999999h";
    return {
      createSource: (manifest) => this.createSources(namespace, [manifest]),
      createMalformedSource: (name) =>
        this.createSources(namespace, [{
          name,
          spec: { interval, generator: { type: "http", http: { url: "nowhere:" } } },
        }]),
      updateSpec: async (name, spec) => void await patch("externalsource", name, { spec }),
      annotateSource: async (name, annotations) =>
        void await patch("externalsource", name, { metadata: { annotations } }),
      deleteSource: async (name) => void await remove("externalsource", name),
      putSecret: async (name, data) => {
        const encoded = Object.entries(data).map(([key, value]) => [key, value.toBase64()]);
        const secret = {
          ...{ apiVersion: "v1", kind: "Secret", metadata: { name, namespace } },
          data: Object.fromEntries(encoded),
        };
        const args = ["apply", "--server-side", "--filename", "-"];
        await this.plane.kubectl(args, JSON.stringify(secret));
      },
      markArtifact: async (name, marks) =>
        void await patch("externalartifact", name, { metadata: marks }),
      deleteArtifact: async (name) => void await remove("externalartifact", name),
      events: async (name) => {
        await objects.eventsWritten();
        const selector = `--field-selector=involvedObject.name=${name}`;
        const { items } = JSON.parse(await kubectl("get", "events", selector, "--output=json"));
        return items.map(({ type, reason, message }: Record<string, string>) => (
          { type, reason, message }
        ));
      },
      close: () => objects.close(),
    };
  }
}
