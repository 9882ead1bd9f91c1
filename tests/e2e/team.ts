import assert from "node:assert/strict";
import { imageNames } from "./images.ts";
import type { Kube, KubeObject } from "./kube.ts";
import { restrictedNamespace, serverPod } from "./pods.ts";

/** What a source has published. */
export interface Published {
  readonly url: string;
  readonly digest: string;
  readonly revision: string;
}

/** A namespace of users of the controller: an HTTP API that says what it is told to, and a pod that downloads. */
export class Team {
  readonly namespace: string;
  readonly #kube: Kube;
  #requests = 0;

  private constructor(kube: Kube, namespace: string) {
    this.#kube = kube;
    this.namespace = namespace;
  }

  static async create(kube: Kube, namespace: string): Promise<Team> {
    const busybox = { namespace, image: imageNames.busybox };
    const httpd = ["httpd", "-f", "-p", "8000", "-h", "/data"];
    await kube.apply(
      restrictedNamespace(namespace),
      ...serverPod({ ...busybox, name: "api", command: httpd, port: 8000 }),
    );
    await kube.untilRolledOut(namespace, "statefulset/api");
    const team = new Team(kube, namespace);
    await team.say("ready.json", {});
    // That a pod is ready kube-proxy learns later, and until then its Service leads nowhere.
    await kube.until(
      "the API answers under its name",
      () => team.run("wget", "-qO-", team.#url("ready")),
    );
    return team;
  }

  /** One that was created before. */
  static open(kube: Kube, namespace: string): Team {
    return new Team(kube, namespace);
  }

  get #pod() {
    return { namespace: this.namespace, pod: "api-0" };
  }

  #url(name: string): string {
    return `http://api.${this.namespace}.svc.cluster.local:8000/${name}.json`;
  }

  /** What a command of busybox prints in a pod of the team. */
  async run(...command: readonly string[]): Promise<string> {
    return await this.#kube.exec(this.#pod, command);
  }

  /** The API has something else to say from now on. */
  async say(name: string, document: unknown): Promise<void> {
    const script = 'cat > "/data/.new" && mv /data/.new "/data/$0"';
    await this.#kube.exec(this.#pod, ["sh", "-c", script, name], JSON.stringify(document));
  }

  /** A ConfigMap of the team, as a document that Flux can apply. */
  configMap(name: string, value: string): KubeObject {
    const metadata = { name, namespace: this.namespace };
    return { apiVersion: "v1", kind: "ConfigMap", metadata, data: { value } };
  }

  async createSource(name: string, spec: KubeObject = {}): Promise<void> {
    const url = this.#url(name);
    await this.#kube.apply({
      ...{ apiVersion: "source.flux.oddkin.co/v1alpha1", kind: "ExternalSource" },
      metadata: { name, namespace: this.namespace },
      spec: {
        ...{ interval: "1h", destinationPath: "app/document.yaml" },
        generator: { type: "http", http: { url } },
        ...spec,
      },
    });
  }

  async createKustomization(name: string): Promise<void> {
    const sourceRef = { kind: "ExternalArtifact", name };
    await this.#kube.apply({
      ...{ apiVersion: "kustomize.toolkit.fluxcd.io/v1", kind: "Kustomization" },
      metadata: { name, namespace: this.namespace },
      spec: { interval: "1h", retryInterval: "2s", path: "./app", prune: true, sourceRef },
    });
  }

  /** Asks for a reconcile, as `flux reconcile` does, and waits for what is published then. */
  async reconcile(name: string): Promise<Published> {
    const requested = `request-${++this.#requests}-${Date.now()}`;
    const annotation = `reconcile.fluxcd.io/requestedAt=${requested}`;
    const args = ["annotate", "--overwrite", "--namespace", this.namespace];
    await this.#kube.run([...args, `externalsource/${name}`, annotation]);
    return await this.published(name, (status) => status.lastHandledReconcileAt === requested);
  }

  /** Waits until a source is Ready with an ExternalArtifact of the same revision. */
  async published(
    name: string,
    accept: (status: KubeObject) => boolean = () => true,
  ): Promise<Published> {
    return await this.#kube.until(`${name} is published`, async () => {
      const source = await this.#kube.get(this.namespace, `externalsource/${name}`);
      const artifact = await this.#kube.get(this.namespace, `externalartifact/${name}`);
      const published = artifact?.status?.artifact;
      const isSettled = published !== undefined && isReady(source) && isReady(artifact) &&
        published.revision === source?.status.artifact?.revision && accept(source?.status);
      if (isSettled) return published;
      throw new Error(JSON.stringify({ source: source?.status, artifact: artifact?.status }));
    });
  }

  /** Waits until Flux has applied a value. */
  async untilApplied(name: string, value: string): Promise<void> {
    await this.#kube.until(`Flux has applied ${name}: ${value}`, async () => {
      const applied = await this.#kube.get(this.namespace, `configmap/${name}`);
      if (applied?.data.value === value) return true;
      const told = await this.#kube.get(this.namespace, `kustomization/${name}`);
      throw new Error(JSON.stringify(told?.status));
    });
  }

  /** Waits until Flux has applied something, and says which revision. */
  async appliedRevision(name: string): Promise<string> {
    return await this.#kube.until(`Flux has applied ${name}`, async () => {
      const kustomization = await this.#kube.get(this.namespace, `kustomization/${name}`);
      return isReady(kustomization) && kustomization?.status.lastAppliedRevision;
    });
  }

  /** Removes a source, and with it what it has published. */
  async deleteSource(name: string): Promise<void> {
    await this.#kube.run(["delete", `externalsource/${name}`, "-n", this.namespace]);
    await this.#kube.until(`${name} is not published any more`, async () => {
      return await this.#kube.get(this.namespace, `externalartifact/${name}`) === undefined;
    });
  }

  /** Waits until a URL is answered with 404. */
  async untilMissing(url: string): Promise<void> {
    await this.#kube.until(`${url} is missing`, async () => {
      const text = await this.run("sh", "-c", 'wget -qO /dev/null "$0" 2>&1 || true', url);
      return text.includes("404");
    });
  }

  /** Tries again where there was no connection, as consumers do: kube-proxy and DNS learn later of a pod that is new. */
  async #reach(ask: () => Promise<string>): Promise<string> {
    const answer = await this.#kube.until("there is a connection", async () => {
      try {
        return { text: await ask() };
      } catch (error) {
        if (/can't connect|bad address|unreachable/.test(String(error))) throw error;
        return { error };
      }
    });
    if ("error" in answer) throw answer.error;
    return answer.text;
  }

  /** Downloads from a pod, holds the bytes to the digest, and returns the document in them. */
  async download({ url, digest }: Pick<Published, "url" | "digest">): Promise<string> {
    const script =
      'cd /data && wget -qO .artifact "$0" && sha256sum < .artifact && tar -xzOf .artifact';
    const text = await this.#reach(() => this.run("sh", "-c", script, url));
    const [first = "", ...rest] = text.split("\n");
    assert.equal(`sha256:${first.split(" ")[0]}`, digest, `bytes at ${url}`);
    return rest.join("\n");
  }
}

function isReady(object: KubeObject | undefined): boolean {
  const conditions: readonly KubeObject[] = object?.status?.conditions ?? [];
  return conditions.some(({ type, status }) => type === "Ready" && status === "True");
}
