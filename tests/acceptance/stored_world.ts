import { KubeWorld } from "../integration/kube_world.ts";
import { ChangingDocuments } from "./changing_documents.ts";
import { ClusterApi } from "./cluster_api.ts";
import {
  type ControllerOptions,
  type ControllerProcess,
  freePort,
  startController,
} from "./controller_process.ts";
import { createSources } from "./create_sources.ts";
import { eventually } from "./eventually.ts";
import { type PublishedArtifact, publishedArtifacts } from "./published_artifacts.ts";

/** How long anything may take that is not measured, in milliseconds. */
export const patienceMs = 30_000;

/** An API server, an upstream and a volume, over which a test starts the real program as often as it likes. */
export class StoredWorld {
  readonly api: ClusterApi;
  readonly documents: ChangingDocuments;
  /** Base URL of the documents. */
  readonly origin: string;
  /** The directory of the pvc store. */
  readonly volume: string;
  readonly #kubeconfig: string;
  readonly #port = freePort();

  private constructor(
    parts: Pick<StoredWorld, "api" | "documents" | "origin" | "volume">,
    kubeconfig: string,
  ) {
    this.api = parts.api;
    this.documents = parts.documents;
    this.origin = parts.origin;
    this.volume = parts.volume;
    this.#kubeconfig = kubeconfig;
  }

  /** @param size bytes of a document that cannot be compressed */
  static async run(size: number, story: (world: StoredWorld) => Promise<void>): Promise<void> {
    const { plane } = await KubeWorld.start();
    const volume = await Deno.makeTempDir();
    const documents = new ChangingDocuments(size);
    await using upstream = await documents.serve();
    try {
      using api = await ClusterApi.connect(plane);
      const parts = { api, documents, origin: upstream.origin, volume };
      await story(new StoredWorld(parts, plane.kubeconfig));
    } finally {
      await plane.close();
      await Deno.remove(volume, { recursive: true });
    }
  }

  /** The program, always at the same port, over the same volume. End it in a `finally`. */
  start(
    options: Pick<ControllerOptions, "args" | "through" | "env"> = {},
  ): Promise<ControllerProcess> {
    return startController({
      ...options,
      kubeconfig: this.#kubeconfig,
      port: this.#port,
      env: { STORAGE_BACKEND: "pvc", PVC_STORAGE_PATH: this.volume, ...options.env },
    });
  }

  /** Starts the program, runs a part of a story and ends it; what it logged comes with a failure. */
  async whileRunning(
    part: (controller: ControllerProcess) => Promise<void>,
    options?: Pick<ControllerOptions, "args" | "through" | "env">,
  ): Promise<void> {
    const controller = await this.start(options);
    try {
      await part(controller);
    } catch (error) {
      throw new Error(controller.log(), { cause: error });
    } finally {
      await controller.end("SIGTERM");
    }
  }

  /** Sources whose documents are due in an hour. */
  async createSources(names: readonly string[]): Promise<void> {
    await createSources(this.api, { names, interval: "1h", origin: this.origin });
  }

  /** What a source and its ExternalArtifact say, as soon as both say what is wanted. */
  untilPublished(
    name: string,
    isWanted: (published: PublishedArtifact) => boolean = ({ artifact }) => artifact !== undefined,
  ): Promise<readonly PublishedArtifact[]> {
    return eventually(async () => {
      const found = await publishedArtifacts(this.api);
      const both = found.filter((each) => each.name === name && isWanted(each));
      return both.length === 2 && both;
    }, { withinMs: patienceMs, what: `"${name}" is published as wanted` });
  }

  /** The file of an artifact. */
  pathOf({ artifact }: PublishedArtifact): string {
    return `${this.volume}/${artifact!.path}`;
  }
}
