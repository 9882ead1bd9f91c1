import type { Artifact } from "../../src/core/artifact.ts";
import { KubeWorld } from "../integration/kube_world.ts";
import { Balancer } from "../proxy/balancer.ts";
import { ChangingDocuments } from "./changing_documents.ts";
import { ClusterApi } from "./cluster_api.ts";
import { type ControllerProcess, freePort, startController } from "./controller_process.ts";
import { createSources, requestSources } from "./create_sources.ts";
import { eventually } from "./eventually.ts";
import { publishedArtifacts } from "./published_artifacts.ts";

/** How long anything may take that is not measured, in milliseconds. */
const patienceMs = 60_000;
/** The names of the replicas, as a StatefulSet gives them; the first one started owns all. */
export const replicaNames = ["manager-0", "manager-1"] as const;
type ReplicaName = typeof replicaNames[number];

/** How a world is set up. */
export interface ReplicasOptions {
  /** Bytes of each document, which cannot be compressed. */
  readonly size: number;
  /** The store of a replica. */
  readonly environment: (name: ReplicaName) => Record<string, string>;
}

/** Two replicas of the real program behind one address, with short Leases, over an API server and an upstream. */
export class ReplicasWorld {
  readonly api: ClusterApi;
  readonly documents: ChangingDocuments;
  readonly replicas = new Map<ReplicaName, ControllerProcess>();
  readonly #kubeconfig: string;
  readonly #origin: string;
  readonly #options: ReplicasOptions;
  readonly #ports = new Map<ReplicaName, number>(replicaNames.map((name) => [name, freePort()]));
  readonly #address: number = freePort();
  #requests = 0;

  private constructor(
    parts: Pick<ReplicasWorld, "api" | "documents">,
    { kubeconfig, origin }: { readonly kubeconfig: string; readonly origin: string },
    options: ReplicasOptions,
  ) {
    this.api = parts.api;
    this.documents = parts.documents;
    this.#kubeconfig = kubeconfig;
    this.#origin = origin;
    this.#options = options;
  }

  /** Runs a story with both replicas started, one after the other, and ends what is left of them. */
  static async run(
    options: ReplicasOptions,
    story: (world: ReplicasWorld) => Promise<void>,
  ): Promise<void> {
    const { plane } = await KubeWorld.start();
    const documents = new ChangingDocuments(options.size);
    await using upstream = await documents.serve();
    try {
      using api = await ClusterApi.connect(plane);
      await plane.kubectl(["create", "namespace", "flux-system"]);
      const places = { kubeconfig: plane.kubeconfig, origin: upstream.origin };
      const world = new ReplicasWorld({ api, documents }, places, options);
      await using _balancer = await Balancer.start([...world.#ports.values()], world.#address);
      await world.#tell(story);
    } finally {
      await plane.close();
    }
  }

  /** Where consumers are sent: to whichever replica. */
  get base(): string {
    return `http://127.0.0.1:${this.#address}`;
  }

  replica(name: ReplicaName): ControllerProcess {
    return this.replicas.get(name)!;
  }

  async start(name: ReplicaName): Promise<void> {
    const controller = await startController({
      kubeconfig: this.#kubeconfig,
      port: this.#ports.get(name)!,
      args: [`--storage-adv-addr=127.0.0.1:${this.#address}`, "--lease-duration=3s"],
      env: {
        POD_NAME: name,
        POD_NAMESPACE: "flux-system",
        POD_IP: "127.0.0.1",
        ...this.#options.environment(name),
      },
    });
    this.replicas.set(name, controller);
  }

  async end(name: ReplicaName, signal: Deno.Signal): Promise<void> {
    const controller = this.replica(name);
    this.replicas.delete(name);
    await controller.end(signal);
  }

  /** Sources whose documents are due in an hour. */
  async createSources(names: readonly string[]): Promise<void> {
    await createSources(this.api, { names, interval: "1h", origin: this.#origin });
  }

  /** The document of a source is another one, and it is asked for. */
  async change(name: string): Promise<void> {
    this.documents.change([name]);
    await requestSources(this.api, [name], `change-${++this.#requests}`);
  }

  /** What the ExternalArtifact of a source publishes, as soon as that is not `before`. */
  untilPublished(name: string, before?: Artifact): Promise<Artifact> {
    return eventually(async () => {
      const found = await publishedArtifacts(this.api);
      const published = found.find((each) =>
        each.kind === "ExternalArtifact" && each.name === name
      );
      const { artifact } = published ?? {};
      return artifact && artifact.digest !== before?.digest && artifact;
    }, { withinMs: patienceMs, what: `"${name}" is published` });
  }

  /** How many requests for artifacts a replica has answered. */
  async answeredBy(name: ReplicaName): Promise<number> {
    const text = await (await fetch(this.replica(name).metrics)).text();
    const lines = text.matchAll(/^externalsource_artifact_server_requests_total\{.*\} (\d+)$/gm);
    return [...lines].reduce((sum, [, count]) => sum + Number(count), 0);
  }

  async #tell(story: (world: ReplicasWorld) => Promise<void>): Promise<void> {
    try {
      for (const name of replicaNames) await this.start(name);
      await story(this);
    } catch (error) {
      const logs = [...this.replicas].map(([name, { log }]) => `${name}:\n${log()}`);
      throw new Error(logs.join("\n"), { cause: error });
    } finally {
      for (const name of [...this.replicas.keys()]) await this.end(name, "SIGTERM");
    }
  }
}
