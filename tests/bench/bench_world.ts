import { join } from "node:path";
import { type ControllerProcess, startController } from "../acceptance/controller_process.ts";
import { type ControlPlane, startControlPlane } from "../cluster/control_plane.ts";
import { runCommand } from "../run_command.ts";
import { BareApi, type RawObject } from "./bare_api.ts";
import { cpuSeconds } from "./process_figures.ts";
import { UpstreamProcess } from "./upstream_process.ts";

const group = "/apis/source.flux.oddkin.co/v1alpha1";
const fluxGroup = "/apis/source.toolkit.fluxcd.io/v1";
const allRights = "bench-controller";
/** What the controller has to do with, but for Leases. */
const ourResources = ["externalsources", "externalartifacts", "events", "secrets"];

/** As a pod finds them: in a mount namespace of its own, so that nothing of this machine is touched. */
const asPod = `mount -t tmpfs none /var/run
mkdir -p /var/run/secrets/kubernetes.io/serviceaccount
cp "$POD_FILES/token" "$POD_FILES/ca.crt" /var/run/secrets/kubernetes.io/serviceaccount
exec "$@"`;

/** What sources to create. */
export interface SourcesWanted {
  readonly namespace: string;
  readonly count: number;
  /** On how many hosts their documents are. */
  readonly hosts: number;
  readonly interval: string;
}

/** How a controller of the bench is started. */
export interface BenchController {
  readonly namespace: string;
  /** Directory of the pvc store; without it artifacts are kept in memory. */
  readonly directory?: string;
  /** Further variables and flags, such as those of another store. */
  readonly env?: Readonly<Record<string, string>>;
  readonly args?: readonly string[];
  readonly port?: number;
  readonly denoFlags?: readonly string[];
}

/** A watch that waits for sources to be Ready. */
export interface ReadyWatch extends AsyncDisposable {
  /** Rejects if they are not after ten minutes, or if the watch fails. */
  readonly done: Promise<void>;
}

/** What runs around the controller: a real API server with Flux's kinds, and an upstream. */
export class BenchWorld implements AsyncDisposable {
  readonly plane: ControlPlane;
  readonly api: BareApi;
  readonly upstream: UpstreamProcess;
  /** Temporary files; also `document`, the file that the upstream serves as `/file`. */
  readonly directory: string;

  constructor(parts: Pick<BenchWorld, "plane" | "api" | "upstream" | "directory">) {
    this.plane = parts.plane;
    this.api = parts.api;
    this.upstream = parts.upstream;
    this.directory = parts.directory;
  }

  static async start(): Promise<BenchWorld> {
    // It brings Flux's kinds; nobody applies artifacts here.
    const plane = await startControlPlane({ with: ["kustomize-controller"] });
    await using unfinished = new AsyncDisposableStack();
    unfinished.defer(() => plane.close());
    await plane.stop("kustomize-controller");
    const directory = await Deno.makeTempDir({ prefix: "externalsource-bench-" });
    const upstream = unfinished.use(await UpstreamProcess.start(join(directory, "document")));
    await plane.kubectl(["create", "serviceaccount", allRights]);
    const binding = ["--clusterrole=cluster-admin", `--serviceaccount=default:${allRights}`];
    await plane.kubectl(["create", "clusterrolebinding", allRights, ...binding]);
    const token = await plane.kubectl(["create", "token", allRights, "--duration=24h"]);
    await Deno.writeTextFile(join(directory, "token"), token);
    await Deno.copyFile(join(plane.dir, "pki/ca.crt"), join(directory, "ca.crt"));
    const api = new BareApi(plane.kubeconfig);
    unfinished.move();
    return new BenchWorld({ plane, upstream, directory, api });
  }

  /**
   * The controller as in a pod: with a mounted service account and so without client-node, of which a kubeconfig would
   * cost the memory. Needs root.
   */
  startController(options: BenchController): Promise<ControllerProcess> {
    const { hostname, port } = new URL(this.api.server);
    const { namespace, directory } = options;
    return startController({
      kubeconfig: "",
      args: [`--watch-namespace=${namespace}`, ...options.args ?? []],
      env: {
        KUBERNETES_SERVICE_HOST: hostname,
        KUBERNETES_SERVICE_PORT: port,
        POD_FILES: this.directory,
        ...(directory ? { STORAGE_BACKEND: "pvc", PVC_STORAGE_PATH: directory } : {}),
        ...options.env,
      },
      through: ["unshare", "--mount", "--propagation", "private", "sh", "-c", asPod, "as-pod"],
      denoFlags: options.denoFlags ?? [],
      ...(options.port ? { port: options.port } : {}),
    });
  }

  sourcesPath = (namespace: string) => `${group}/namespaces/${namespace}/externalsources`;
  artifactsPath = (namespace: string) => `${fluxGroup}/namespaces/${namespace}/externalartifacts`;

  async createNamespace(name: string): Promise<void> {
    await this.plane.kubectl(["create", "namespace", name]);
  }

  /** Sources `s0`, `s1`, …; source `sN` of a namespace has document `NAMESPACE-N`. */
  async createSources({ namespace, count, hosts, interval }: SourcesWanted): Promise<void> {
    await this.api.inParallel(Array.from({ length: count }, (_, i) => i), {
      concurrency: 16,
      each: (i) =>
        this.createSource(namespace, {
          name: `s${i}`,
          interval,
          url: this.upstream.url(`/doc/${namespace}-${i}`, i % hosts),
        }),
    });
  }

  async createSource(
    namespace: string,
    { name, interval, url }: {
      readonly name: string;
      readonly interval: string;
      readonly url: string;
    },
  ): Promise<void> {
    await this.api.json({
      method: "POST",
      path: this.sourcesPath(namespace),
      body: {
        apiVersion: "source.flux.oddkin.co/v1alpha1",
        kind: "ExternalSource",
        metadata: { name, namespace },
        spec: { interval, generator: { type: "http", http: { url } } },
      },
    });
  }

  /** Begins to watch; `done` resolves when so many sources are Ready. Disposing of it ends the watch, whatever came of it. */
  untilReady(namespace: string, count: number): ReadyWatch {
    const stop = new AbortController();
    const timer = setTimeout(() => stop.abort(), 600_000);
    const ready = new Set<string>();
    const onObject = ({ metadata, status }: RawObject) => {
      const isReady = status?.conditions?.some(({ type, status }) =>
        type === "Ready" && status === "True"
      );
      if (isReady) ready.add(metadata.name);
      if (ready.size === count) stop.abort();
    };
    const { signal } = stop;
    const done = this.api.watch(this.sourcesPath(namespace), { onObject, signal }).then(() => {
      if (ready.size < count) throw new Error(`${ready.size} of ${count} sources are Ready`);
    }).finally(() => clearTimeout(timer));
    // Nobody awaits it when what it waits for could not be made: unhandled, it would end the process, and the control
    // plane would go on without it.
    const ended = done.catch(() => {});
    const dispose = () => {
      stop.abort();
      return ended;
    };
    return { done, [Symbol.asyncDispose]: dispose };
  }

  /** CPU of the API server and etcd so far, in seconds. */
  apiServerCpuSeconds(): number {
    const pids = ["kube-apiserver", "etcd"].map((name) =>
      Number(Deno.readTextFileSync(join(this.plane.dir, "pid", name)))
    );
    return pids.reduce((sum, pid) => sum + cpuSeconds(pid), 0);
  }

  /** Writes that the API server has answered so far, of the given resources. */
  apiWrites(resources: readonly string[] = ourResources): Promise<number> {
    return this.apiRequests(resources, /verb="(POST|PUT|PATCH|APPLY|DELETE)"/);
  }

  /** Requests that the API server has answered so far, of the given resources; a watch counts when it has ended. */
  async apiRequests(resources: readonly string[] = ourResources, verbs = /verb=/): Promise<number> {
    const metrics = await (await this.api.send({ method: "GET", path: "/metrics" })).text();
    return metrics.split("\n")
      .filter((line) => line.startsWith("apiserver_request_total{"))
      .filter((line) => resources.some((each) => line.includes(`resource="${each}"`)))
      .filter((line) => verbs.test(line))
      .reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(" "))), 0);
  }

  /** Resolves when nothing has been written for a second: the events of new artifacts follow them for a while. */
  async untilQuiet(): Promise<void> {
    let before = -1;
    for (let now = 0; before !== now; now = await this.apiWrites()) {
      before = now;
      await new Promise((resolve) => setTimeout(resolve, 1_000));
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    // The last first, and each whatever becomes of the others.
    await using stack = new AsyncDisposableStack();
    stack.defer(() => Deno.remove(this.directory, { recursive: true }));
    stack.defer(() => this.plane.close());
    stack.use(this.upstream);
    stack.use(this.api);
  }
}

/** Whether a process may have a mount namespace of its own here. */
export async function mayUnshare(): Promise<boolean> {
  return await runCommand("unshare", { args: ["--mount", "true"] }).then(() => true, () => false);
}
