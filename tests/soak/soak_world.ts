import { ClusterApi } from "../acceptance/cluster_api.ts";
import { freePort } from "../acceptance/controller_process.ts";
import { createSources } from "../acceptance/create_sources.ts";
import { eventually } from "../acceptance/eventually.ts";
import type { ControlPlane } from "../cluster/control_plane.ts";
import { KubeWorld } from "../integration/kube_world.ts";
import { Balancer } from "../proxy/balancer.ts";
import type { RunHistory } from "./history.ts";
import type { RunTerms } from "./judge_run.ts";
import { RunRecorder } from "./run_recorder.ts";
import { SoakNetwork } from "./soak_network.ts";
import { artifactPort, SoakReplica } from "./soak_replica.ts";
import { SoakStore, type StoreKind } from "./soak_store.ts";
import { wallClockEnvironment } from "./wall_clock.ts";
import { VersionedDocuments } from "./versioned_documents.ts";

/** How large a world is, and what it promises. */
export interface SoakOptions {
  readonly sources: number;
  readonly store: StoreKind;
  /** Of the replicas; the product's least is 3,000. */
  readonly leaseMs: number;
  /** Of each source. */
  readonly intervalMs: number;
  /** Whether wall clocks will be stepped: each look at one takes longer then. */
  readonly stepsClocks: boolean;
  /** What the machine may need beside an interval and a take-over before a document is published, in milliseconds. */
  readonly marginMs: number;
  readonly pollsPerSecond: number;
  readonly isLong: boolean;
  /** Told what happens, in a line. */
  readonly say: (line: string) => void;
}

export const replicaCount = 3;
export const originCount = 12;
const retentionMs = 60_000;

interface Parts {
  readonly options: SoakOptions;
  readonly plane: ControlPlane;
  readonly network: SoakNetwork;
  readonly documents: VersionedDocuments;
  readonly store: SoakStore;
  readonly folder: string;
  readonly address: number;
  readonly now: () => number;
}

/** Three replicas of the real program, each in a network of its own, and all around them. */
export class SoakWorld {
  readonly names: readonly string[];
  readonly terms: RunTerms;
  readonly replicas: readonly SoakReplica[];
  readonly plane: ControlPlane;
  readonly network: SoakNetwork;
  readonly documents: VersionedDocuments;
  readonly store: SoakStore;
  readonly say: (line: string) => void;
  /** Whether the logs of the replicas outlive the run, because they are to be read. */
  keepsFolder = false;
  readonly #parts: Parts;
  #recorder!: RunRecorder;

  private constructor(parts: Parts) {
    const { options, plane, network, documents, store } = parts;
    this.#parts = parts;
    [this.plane, this.network, this.documents, this.store] = [plane, network, documents, store];
    this.say = options.say;
    this.names = Array.from({ length: options.sources }, (_, index) => `source-${index}`);
    this.terms = {
      intervalMs: options.intervalMs,
      takeOverMs: 2 * options.leaseMs,
      marginMs: options.marginMs,
      retentionMs,
      originOf: (name) => Number(name.slice("source-".length)) % originCount,
      isLong: options.isLong,
    };
    this.replicas = Array.from({ length: replicaCount }, (_, index) => this.#replica(index));
  }

  /** Runs a story with everything started and every first document published, and leaves nothing behind. */
  static async run<Told>(
    options: SoakOptions,
    story: (world: SoakWorld) => Promise<Told>,
  ): Promise<Told> {
    const started = performance.now();
    const now = () => performance.now() - started;
    await using network = await SoakNetwork.create(replicaCount);
    const place = { hostname: network.address, origins: originCount };
    await using documents = await VersionedDocuments.serve(place, now);
    await using store = await SoakStore.start(options.store, network.address);
    const { plane } = await KubeWorld.start({ bind: network.apiAddress });
    const folder = await Deno.makeTempDir({ prefix: "soak-" });
    const address = freePort();
    const parts = { options, plane, network, documents, store, folder, address, now };
    const world = new SoakWorld(parts);
    try {
      const told = await world.#tell(story);
      if (world.keepsFolder) options.say(`the logs are in ${folder}`);
      else await Deno.remove(folder, { recursive: true });
      return told;
    } finally {
      await plane.close();
    }
  }

  get recorder(): RunRecorder {
    return this.#recorder;
  }

  get leaseMs(): number {
    return this.#parts.options.leaseMs;
  }

  /** All that was seen until now. */
  history(): RunHistory {
    return this.#recorder.history(this.documents.changes);
  }

  /** Sources of which an object does not publish the document as it is now. */
  behind(): string[] {
    const newest = new Map(this.documents.changes.map(({ name, version }) => [name, version]));
    const kinds = ["ExternalSource", "ExternalArtifact"] as const;
    return [...newest].flatMap(([name, version]) =>
      kinds.some((kind) => this.#recorder.published(kind, name) !== version) ? [name] : []
    );
  }

  /** Waits until every source publishes its newest document. Undefined if that takes too long; the judge tells what lacks. */
  async untilCaughtUp(withinMs: number): Promise<number | undefined> {
    const from = this.#parts.now();
    const what = "every source publishes its newest document";
    return await eventually(() => this.behind().length === 0, { withinMs, what, lookEveryMs: 250 })
      .then(() => this.#parts.now() - from, () => undefined);
  }

  /** How many sources each replica asked for last, as the upstreams saw it. */
  spread(): number[] {
    const askers = [...this.documents.lastAskedBy.values()];
    return this.replicas.map((_, index) => {
      const { address } = this.network.place(index);
      return askers.filter((each) => each === address).length;
    });
  }

  async #tell<Told>(story: (world: SoakWorld) => Promise<Told>): Promise<Told> {
    const { network, plane, options, address, now } = this.#parts;
    const places = this.replicas.map((_, index) => (
      { hostname: network.place(index).address, port: artifactPort }
    ));
    const at = { hostname: network.address, port: address };
    await using _balancer = await Balancer.start(() => places, at);
    const { kubeconfig } = plane;
    const { pollsPerSecond } = options;
    await using recorder = await RunRecorder.start({
      ...{ kubeconfig, pollsPerSecond, now, replicas: this.replicas },
    });
    this.#recorder = recorder;
    try {
      await plane.kubectl(["create", "namespace", "flux-system"]);
      await Promise.all(this.replicas.map((replica) => replica.start()));
      await this.#createSources();
      return await story(this);
    } finally {
      this.replicas.forEach((replica) => replica.signal("SIGCONT"));
      await Promise.all(this.replicas.map((replica) => replica.end("SIGTERM")));
    }
  }

  async #createSources(): Promise<void> {
    using api = await ClusterApi.connect(this.plane);
    this.documents.change(this.names);
    const settled = this.#recorder.trouble("creation", "all");
    const interval = `${this.terms.intervalMs / 1_000}s`;
    const atOnce = 4 * originCount;
    for (let from = 0; from < this.names.length; from += atOnce) {
      const byOrigin = Map.groupBy(this.names.slice(from, from + atOnce), this.terms.originOf);
      await Promise.all(
        [...byOrigin].map(([index, names]) =>
          createSources(api, { names, interval, origin: this.documents.origin(index) })
        ),
      );
    }
    const tookMs = await this.untilCaughtUp(60_000 + 1_000 * this.names.length);
    if (tookMs === undefined) throw new Error(`${this.behind().length} sources are not published`);
    settled();
    this.say(`${this.names.length} sources published`);
  }

  #replica(index: number): SoakReplica {
    const { plane, network, store, folder, address, options } = this.#parts;
    const { leaseMs, stepsClocks } = options;
    const name = `manager-${index}`;
    const clockFile = `${folder}/${name}.clock`;
    if (stepsClocks) Deno.writeTextFileSync(clockFile, "+0");
    return new SoakReplica({
      name,
      place: network.place(index),
      flags: [
        ...["--leader-elect", `--lease-duration=${leaseMs / 1_000}s`, "--min-interval=1s"],
        `--storage-adv-addr=${network.address}:${address}`,
        `--artifact-retention-ttl=${retentionMs / 1_000}s`,
      ],
      env: {
        ...store.environment(index),
        ...stepsClocks ? wallClockEnvironment(clockFile) : {},
        KUBECONFIG: plane.kubeconfig,
        POD_NAMESPACE: "flux-system",
        RETRY_MAX_DELAY: "5s",
        HTTP_TIMEOUT: "10s",
      },
      logFile: `${folder}/${name}.log`,
      clockFile,
    });
  }
}
