import assert from "node:assert/strict";
import type { ExternalArtifactStatus } from "../../src/core/external_artifact.ts";
import type { ExternalSourceStatus } from "../../src/core/external_source.ts";
import { KubeWorld } from "../integration/kube_world.ts";
import { checkArtifactStatus, checkStatus } from "../laws/status.ts";
import { ClusterApi } from "./cluster_api.ts";
import { type ControllerProcess, startController } from "./controller_process.ts";
import { createSources, requestSources } from "./create_sources.ts";
import { eventually } from "./eventually.ts";
import { FaultDocuments } from "./fault_documents.ts";
import { hashedDownload } from "./fault_recorder.ts";
import type { FaultyStore } from "./fault_store.ts";
import { publishedArtifacts } from "./published_artifacts.ts";

/** How long anything may take that is not measured, in milliseconds. */
const patienceMs = 60_000;
/** Of the controller that is not ready before its store has answered or a minute has passed; milliseconds. */
const readyWithinMs = 75_000;

const lists = {
  sources: "/apis/source.flux.oddkin.co/v1alpha1/namespaces/default/externalsources",
  artifacts: "/apis/source.toolkit.fluxcd.io/v1/namespaces/default/externalartifacts",
} as const;

interface FaultWorldParts {
  readonly api: ClusterApi;
  readonly documents: FaultDocuments;
  readonly store: FaultyStore;
  readonly kubeconfig: string;
}

/** An API server, documents, a store behind a proxy, and the real program among them. */
export class FaultWorld {
  readonly api: ClusterApi;
  readonly documents: FaultDocuments;
  readonly store: FaultyStore;
  readonly #kubeconfig: string;
  #requests = 0;

  private constructor({ api, documents, store, kubeconfig }: FaultWorldParts) {
    this.api = api;
    this.documents = documents;
    this.store = store;
    this.#kubeconfig = kubeconfig;
  }

  /** Runs a story in which every document has a source, and no controller runs yet. */
  static async run(
    openStore: () => Promise<FaultyStore>,
    story: (world: FaultWorld) => Promise<void>,
  ): Promise<void> {
    const { plane } = await KubeWorld.start();
    try {
      await using documents = await FaultDocuments.start();
      await using store = await openStore();
      using api = await ClusterApi.connect(plane);
      const { names, origin } = documents;
      await createSources(api, { names, interval: "4s", origin });
      await story(new FaultWorld({ api, documents, store, kubeconfig: plane.kubeconfig }));
    } finally {
      await plane.close();
    }
  }

  /** Starts the program, runs a part of a story, and lets it end well; what it logged comes with a failure. */
  async whileRunning(
    args: readonly string[],
    part: (controller: ControllerProcess) => Promise<void>,
  ): Promise<void> {
    const controller = await startController({
      kubeconfig: this.#kubeconfig,
      env: { ...this.store.environment, RETRY_MAX_DELAY: "4s" },
      args,
      readyWithinMs,
    });
    let isGood = false;
    try {
      await part(controller);
      isGood = true;
    } catch (error) {
      throw new Error(controller.log().slice(-20_000), { cause: error });
    } finally {
      const { code } = await controller.end("SIGTERM");
      if (isGood) assert.equal(code, 0);
    }
  }

  /** Makes other documents of these, and asks for them as users do. */
  async change(names: readonly string[]): Promise<void> {
    await this.documents.change(names);
    await requestSources(this.api, names, `change-${++this.#requests}`);
  }

  /** Waits until both objects of these sources, or of all, are Ready with the documents as they are now. */
  async untilNewest(what: string, names = this.documents.names): Promise<void> {
    await eventually(async () => {
      const found = await publishedArtifacts(this.api);
      const isNewest = (name: string) => {
        const both = found.filter((each) => each.name === name);
        const newest = this.documents.newestDigest(name);
        return both.length === 2 &&
          both.every(({ isReady, artifact }) => isReady && artifact?.digest === newest);
      };
      const behind = names.filter((name) => !isNewest(name));
      if (behind.length > 0) throw new Error(behind.join());
      return true;
    }, { withinMs: patienceMs, what, lookEveryMs: 200 });
  }

  /** Waits until these sources have failed, and say that it is the store. */
  async untilRefused(names: readonly string[]): Promise<void> {
    await eventually(async () => {
      const found = await publishedArtifacts(this.api);
      const refused = found.filter((each) =>
        each.kind === "ExternalSource" && names.includes(each.name) && !each.isReady &&
        each.reason === "StorageOperationFailed"
      );
      return refused.length === names.length;
    }, { withinMs: patienceMs, what: "conditions name the store", lookEveryMs: 100 });
  }

  /** Waits until all that is published is served, and fails unless all that is said obeys the laws. */
  async checkAll(): Promise<void> {
    for (const { kind, name, artifact } of await publishedArtifacts(this.api)) {
      const answer = await eventually(async () => {
        const answer = await hashedDownload(artifact!.url);
        return answer.kind === "whole" && answer;
      }, { withinMs: patienceMs, what: `${kind} "${name}" is served`, lookEveryMs: 200 });
      assert.equal(answer.digest, artifact!.digest, `${kind} ${name}`);
    }
    for (const { metadata, status } of await this.api.list<ExternalSourceStatus>(lists.sources)) {
      checkStatus(status!, { object: metadata, generation: metadata.generation });
    }
    for (
      const { metadata, status } of await this.api.list<ExternalArtifactStatus>(lists.artifacts)
    ) {
      checkArtifactStatus(status!, { object: metadata, generation: metadata.generation });
    }
  }
}

/** The value of a counter, 0 if it has not counted yet. */
export async function readCounter(metrics: string, series: string): Promise<number> {
  const text = await (await fetch(metrics)).text();
  const line = text.split("\n").find((each) => each.startsWith(`${series} `));
  return Number(line?.slice(series.length + 1) ?? 0);
}
