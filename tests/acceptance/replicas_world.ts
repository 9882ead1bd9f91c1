import type { Artifact } from "../../src/core/artifact.ts";
import { KubeWorld } from "../integration/kube_world.ts";
import { Balancer } from "../proxy/balancer.ts";
import { ChangingDocuments } from "./changing_documents.ts";
import { ClusterApi } from "./cluster_api.ts";
import { type ControllerProcess, freePort, startController } from "./controller_process.ts";
import { createSources, requestSources, type SourcesOptions } from "./create_sources.ts";
import { eventually } from "./eventually.ts";
import { type PublishedArtifact, publishedArtifacts } from "./published_artifacts.ts";

/** How long anything may take that is not measured, in milliseconds. */
const patienceMs = 60_000;
const memberLeases =
  "/apis/coordination.k8s.io/v1/namespaces/flux-system/leases?labelSelector=source.flux.oddkin.co/role=member";
/** How a world is set up. */
export interface ReplicasOptions {
  /** Bytes of each document, which cannot be compressed. */
  readonly size: number;
  /** The store of a replica. */
  readonly environment: (name: string) => Record<string, string>;
  /** The ordinals that are started at once. Default: two, of which the first one started owns all. */
  readonly ordinals?: readonly number[];
  /** Further flags of a replica, such as `--leader-elect`. */
  readonly args?: (name: string) => readonly string[];
  /**
   * Whether each publishes URLs of its own, as `ARTIFACT_URL_MODE=pod` does, and not those of all. Nothing answers there
   * until `open()`.
   */
  readonly podUrls?: boolean;
}

/** The name of a replica, as a StatefulSet gives it. */
const nameOf = (ordinal: number) => `manager-${ordinal}`;

/** Replicas of the real program behind one address, with short Leases, over an API server and an upstream. */
export class ReplicasWorld {
  readonly api: ClusterApi;
  readonly documents: ChangingDocuments;
  /** Those that were ready and have not ended. */
  readonly replicas = new Map<string, ControllerProcess>();
  readonly #kubeconfig: string;
  readonly #origin: string;
  readonly #options: ReplicasOptions;
  readonly #ports = new Map<string, number>();
  readonly #address: number = freePort();
  /** Of replicas that publish URLs of their own: those that consumers reach. */
  readonly #open = new Set<string>();
  readonly #own = new Map<string, number>();
  readonly #resources = new AsyncDisposableStack();
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

  /** Runs a story with the replicas started, one after the other, and ends what is left of them. */
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
      await using resources = world.#resources;
      resources.use(await Balancer.start(() => world.#readyPorts, world.#address));
      await world.#tell(story);
    } finally {
      await plane.close();
    }
  }

  /** Where consumers are sent: to whichever replica. */
  get base(): string {
    return `http://127.0.0.1:${this.#address}`;
  }

  replica(name: string): ControllerProcess {
    return this.replicas.get(name)!;
  }

  /** Starts a replica, under its old port if there was one of that name, and waits until it is ready. */
  async start(name: string): Promise<void> {
    const port = this.#ports.get(name) ?? freePort();
    this.#ports.set(name, port);
    const advertised = this.#options.podUrls ? await this.#ownAddress(name, port) : this.#address;
    const controller = await startController({
      kubeconfig: this.#kubeconfig,
      port,
      args: [
        `--storage-adv-addr=127.0.0.1:${advertised}`,
        "--lease-duration=3s",
        ...this.#options.args?.(name) ?? [],
      ],
      env: {
        POD_NAME: name,
        POD_NAMESPACE: "flux-system",
        POD_IP: "127.0.0.1",
        HTTP_USER_AGENT: name,
        ...this.#options.environment(name),
      },
    });
    this.replicas.set(name, controller);
  }

  /** From now on consumers reach a replica under its own URLs. */
  open(name: string): void {
    this.#open.add(name);
  }

  /** Where the URLs of a replica's own begin. */
  ownBase(name: string): string {
    return `http://127.0.0.1:${this.#own.get(name)}/`;
  }

  /** Ends a replica; until it has ended, consumers are sent to it. */
  async end(name: string, signal: Deno.Signal): Promise<void> {
    await this.replica(name).end(signal);
    this.replicas.delete(name);
  }

  /** Sources whose documents are due in an hour, or so often. */
  async createSources(
    names: readonly string[],
    options: Partial<Pick<SourcesOptions, "interval" | "labels">> = {},
  ): Promise<void> {
    await createSources(this.api, { names, interval: "1h", origin: this.#origin, ...options });
  }

  /** The document of a source is another one, and it is asked for. */
  async change(name: string): Promise<void> {
    this.documents.change([name]);
    await this.request([name]);
  }

  /** Asks for the documents of sources. */
  async request(names: readonly string[]): Promise<void> {
    await requestSources(this.api, names, `request-${++this.#requests}`);
  }

  /** What every ExternalArtifact, or every ExternalSource, publishes now. */
  async published(
    by: PublishedArtifact["kind"] = "ExternalArtifact",
  ): Promise<readonly PublishedArtifact[]> {
    return (await publishedArtifacts(this.api)).filter(({ kind }) => kind === by);
  }

  /** Waits until those that are ready all go by each other: then they have agreed on who owns what. */
  async untilAgreed(): Promise<void> {
    const names = [...this.replicas.keys()].toSorted();
    const isAgreed = async () => {
      const views = await this.views();
      return names.every((name) => `${views[name]}` === `${names}`);
    };
    await eventually(isAgreed, {
      withinMs: patienceMs,
      what: `the members are ${names}`,
      lookEveryMs: 100,
    });
  }

  /** By whom each member goes, itself among them. */
  async views(): Promise<Readonly<Record<string, readonly string[]>>> {
    const leases = await this.api.list(memberLeases);
    const entries = leases.map(({ metadata: { annotations = {} } }) =>
      [
        annotations["source.flux.oddkin.co/member"]!,
        JSON.parse(annotations["source.flux.oddkin.co/view"] ?? "[]") as readonly string[],
      ] as const
    );
    return Object.fromEntries(entries);
  }

  /** Waits until every one of these sources is published. */
  async untilAllPublished(names: readonly string[]): Promise<void> {
    await eventually(async () => {
      const published = await this.published();
      return published.filter(({ artifact }) => artifact).length >= names.length;
    }, { withinMs: patienceMs, what: "all are published", lookEveryMs: 200 });
  }

  /** What the ExternalArtifact of a source publishes, as soon as that is not `before`. */
  untilPublished(name: string, before?: Artifact): Promise<Artifact> {
    return eventually(async () => {
      const { artifact } = (await this.published()).find((each) => each.name === name) ?? {};
      return artifact && artifact.digest !== before?.digest && artifact;
    }, { withinMs: patienceMs, what: `"${name}" is published` });
  }

  /** How many requests for artifacts a replica has answered. */
  async answeredBy(name: string): Promise<number> {
    const text = await (await fetch(this.replica(name).metrics)).text();
    const lines = text.matchAll(/^externalsource_artifact_server_requests_total\{.*\} (\d+)$/gm);
    return [...lines].reduce((sum, [, count]) => sum + Number(count), 0);
  }

  async #ownAddress(name: string, target: number): Promise<number> {
    const known = this.#own.get(name);
    if (known !== undefined) return known;
    const port = freePort();
    this.#own.set(name, port);
    const balancer = await Balancer.start(() => this.#open.has(name) ? [target] : [], port);
    this.#resources.use(balancer);
    return port;
  }

  get #readyPorts(): readonly number[] {
    return [...this.replicas.values()].map(({ port }) => port);
  }

  async #tell(story: (world: ReplicasWorld) => Promise<void>): Promise<void> {
    try {
      for (const ordinal of this.#options.ordinals ?? [0, 1]) await this.start(nameOf(ordinal));
      await story(this);
    } catch (error) {
      const logs = [...this.replicas].map(([name, { log }]) => `${name}:\n${log()}`);
      throw new Error(logs.join("\n"), { cause: error });
    } finally {
      for (const name of [...this.replicas.keys()]) await this.end(name, "SIGTERM");
    }
  }
}
