import assert from "node:assert/strict";
import type { ExternalSourceStatus } from "../../src/core/external_source.ts";
import { kubeconfigCredentials } from "../../src/objects/kube/kubeconfig_credentials.ts";
import { KubeWorld } from "../integration/kube_world.ts";
import { ApiProxy } from "../proxy/api_proxy.ts";
import { ChangingDocuments } from "./changing_documents.ts";
import { ClusterApi } from "./cluster_api.ts";
import { type ControllerProcess, startController } from "./controller_process.ts";
import { createSources, requestSources } from "./create_sources.ts";
import { eventually } from "./eventually.ts";
import { publishedArtifacts } from "./published_artifacts.ts";

const withinMs = 60_000;
const source = "config";
const artifactPath =
  `/apis/source.toolkit.fluxcd.io/v1/namespaces/default/externalartifacts/${source}`;
const sourcePath =
  `/apis/source.flux.oddkin.co/v1alpha1/namespaces/default/externalsources/${source}`;

/** Keeps the next write of the ExternalArtifact's status back, and from then on lets nothing through. */
class HeldPublish {
  readonly #held = Promise.withResolvers<void>();
  readonly #letGo = Promise.withResolvers<void>();
  readonly #answered = Promise.withResolvers<number>();
  #isCut = false;

  constructor(proxy: ApiProxy) {
    proxy.intercept = (request, pass) => {
      const isPublish = request.method === "PATCH" &&
        new URL(request.url).pathname === `${artifactPath}/status`;
      if (isPublish && !this.#isCut) return this.#keep(request, pass);
      return this.#isCut ? this.#letGo.promise.then(pass) : undefined;
    };
  }

  /** Resolves once a write is kept back. */
  get inHand(): Promise<void> {
    return this.#held.promise;
  }

  /** Sends it, and lets everything through again. @returns how the API server answered */
  send(): Promise<number> {
    this.#letGo.resolve();
    return this.#answered.promise;
  }

  async #keep(request: Request, pass: () => Promise<Response>): Promise<Response> {
    this.#isCut = true;
    await request.clone().bytes(); // all of it has arrived, whatever becomes of the sender
    this.#held.resolve();
    await this.#letGo.promise;
    this.#isCut = false;
    const answer = await pass();
    this.#answered.resolve(answer.status);
    return answer;
  }
}

interface World {
  readonly api: ClusterApi;
  readonly documents: ChangingDocuments;
  readonly proxy: ApiProxy;
  /** Of replica a, which reaches the API server through the proxy. */
  readonly a: ControllerProcess;
  readonly b: ControllerProcess;
}

/** Runs a story with two replicas on one volume; `a` owns the one source and has published it. */
async function withReplicas(story: (world: World) => Promise<void>): Promise<void> {
  const { plane } = await KubeWorld.start();
  await using cleanUp = new AsyncDisposableStack();
  cleanUp.defer(() => plane.close());
  const api = cleanUp.use(await ClusterApi.connect(plane));
  const documents = new ChangingDocuments();
  const upstream = cleanUp.use(await documents.serve());
  const { server } = await kubeconfigCredentials({ file: plane.kubeconfig });
  const proxy = new ApiProxy(server, plane.dir);
  cleanUp.defer(() => proxy.close());
  const volume = await Deno.makeTempDir();
  cleanUp.defer(() => Deno.remove(volume, { recursive: true }));
  const proxied = `${volume}/kubeconfig`;
  const kubeconfig = await Deno.readTextFile(plane.kubeconfig);
  await Deno.writeTextFile(proxied, kubeconfig.replaceAll(server, proxy.url));
  await plane.kubectl(["create", "namespace", "flux-system"]);
  const start = async (name: string, file: string) => {
    const controller = await startController({
      kubeconfig: file,
      args: ["--lease-duration=3s"],
      env: {
        ...{ POD_NAME: name, POD_NAMESPACE: "flux-system", POD_IP: "127.0.0.1" },
        ...{ STORAGE_BACKEND: "pvc", PVC_STORAGE_PATH: `${volume}/${name}` },
      },
    });
    cleanUp.defer(() => void controller.end("SIGKILL"));
    return controller;
  };
  const a = await start("a", proxied);
  await createSources(api, { names: [source], interval: "1h", origin: upstream.origin });
  await eventually(async () => (await published(api)) !== undefined, {
    ...{ withinMs, what: "it is published" },
  });
  const b = await start("b", plane.kubeconfig);
  await story({ api, documents, proxy, a, b });
}

async function published(api: ClusterApi) {
  const found = await publishedArtifacts(api);
  return found.find(({ kind }) => kind === "ExternalArtifact")?.artifact;
}

const ownerOf = async (api: ClusterApi) => {
  const [artifact, object] = await Promise.all([
    api.get(artifactPath),
    api.get<ExternalSourceStatus>(sourcePath),
  ]);
  const annotation = artifact?.metadata.annotations?.["source.flux.oddkin.co/owner"];
  return { annotation, status: object?.status?.owner };
};

Deno.test("controller that wakes with a publish in hand does not undo what has followed it", async () => {
  await withReplicas(async ({ api, documents, proxy, a, b }) => {
    const first = await published(api);
    assert.deepEqual(await ownerOf(api), { annotation: undefined, status: "a" });
    const publish = new HeldPublish(proxy);
    documents.change([source]);
    await requestSources(api, [source], "second");
    await publish.inHand;
    Deno.kill(a.pid, "SIGSTOP");
    const upstream = Promise.withResolvers<void>();
    documents.held = upstream.promise;
    documents.change([source]);
    await eventually(async () => {
      const { annotation, status } = await ownerOf(api);
      return annotation?.startsWith("b ") && status === "b";
    }, { withinMs, what: "the other has fenced the source" });

    assert.equal(await publish.send(), 409, "a write of the former owner");
    assert.deepEqual(await published(api), first);
    Deno.kill(a.pid, "SIGCONT");
    upstream.resolve();
    const last = await eventually(async () => {
      const artifact = await published(api);
      return artifact?.digest !== first?.digest && artifact;
    }, { withinMs, what: "the other publishes" });
    await eventually(() => a.log().includes("another replica owns all sources"), {
      ...{ withinMs, what: "the former owner has seen that it is replaced" },
    });
    assert.deepEqual(await published(api), last);
    assert.match(b.log(), /it owns sources/);
  });
});
