import assert from "node:assert/strict";
import type { Kube, KubeObject } from "./kube.ts";

/** Where an installed controller is. */
export interface InstallationParts {
  readonly kube: Kube;
  readonly namespace: string;
  readonly statefulSet: string;
  /** The headless Service, and the one in front of all pods. */
  readonly services: { readonly pods: string; readonly gateway: string };
}

const executorPort = 8082;

/** A controller in pods, however it was installed. */
export class Installation {
  readonly #parts: InstallationParts;

  constructor(parts: InstallationParts) {
    this.#parts = parts;
  }

  get namespace(): string {
    return this.#parts.namespace;
  }

  podName(ordinal: number): string {
    return `${this.#parts.statefulSet}-${ordinal}`;
  }

  /** Base URL of one pod, and of the Service in front of all. */
  podOrigin(ordinal: number): string {
    const { services, namespace } = this.#parts;
    return `http://${this.podName(ordinal)}.${services.pods}.${namespace}.svc.cluster.local:8080`;
  }

  get gatewayOrigin(): string {
    const { services, namespace } = this.#parts;
    return `http://${services.gateway}.${namespace}.svc.cluster.local:8080`;
  }

  async untilReady(): Promise<void> {
    const { kube, namespace, statefulSet } = this.#parts;
    await kube.untilRolledOut(namespace, `statefulset/${statefulSet}`);
  }

  async pod(ordinal = 0): Promise<KubeObject> {
    const pod = await this.#parts.kube.get(this.namespace, `pod/${this.podName(ordinal)}`);
    assert.ok(pod, `there is no pod ${this.podName(ordinal)}`);
    return pod;
  }

  /** The base URL of the sidecar, by the address of its pod. */
  async executorOrigin(): Promise<string> {
    return `http://${(await this.pod()).status.podIP}:${executorPort}`;
  }

  /** As `kubectl delete pod`, and waits until another one is ready in its place. */
  async replacePod(ordinal: number): Promise<void> {
    const before = (await this.pod(ordinal)).metadata.uid;
    await this.#parts.kube.run(["delete", "pod", this.podName(ordinal), "-n", this.namespace]);
    await this.#parts.kube.until("another pod is there", async () => {
      return (await this.pod(ordinal)).metadata.uid !== before;
    });
    await this.untilReady();
  }

  /** Claims of volumes that are bound, by name. */
  async boundClaims(): Promise<string[]> {
    const claims = await this.#parts.kube.list("persistentvolumeclaims", this.namespace);
    return claims.filter(({ status }) => status.phase === "Bound")
      .map(({ metadata }) => metadata.name).sort();
  }

  /** Holds every container to its probes: ready, and never started again by the kubelet. */
  async checkProbes(restarts = 0): Promise<void> {
    const pods = await this.#parts.kube.list("pods", this.namespace);
    const containers = pods.filter(({ metadata }) =>
      metadata.name.startsWith(this.podName(0).slice(0, -1))
    )
      .flatMap(({ status }) => status.containerStatuses as readonly KubeObject[]);
    assert.ok(containers.length > 0, "there are no containers");
    for (const { name, ready, restartCount } of containers) {
      assert.deepEqual({ name, ready, restartCount }, {
        name,
        ready: true,
        restartCount: restarts,
      });
    }
  }

  /** What the containers of all pods logged at the level error, or say that is not a line of the log. */
  async errors(): Promise<string[]> {
    const pods = await this.#parts.kube.list("pods", this.namespace);
    const lines: string[] = [];
    for (const { metadata: { name }, spec } of pods) {
      for (const container of spec.containers as readonly KubeObject[]) {
        const args = ["logs", name, "-n", this.namespace, "-c", container.name];
        lines.push(...(await this.#parts.kube.run(args)).split("\n").filter(isError));
      }
    }
    return lines;
  }
}

function isError(line: string): boolean {
  if (line === "") return false;
  return !/^\{.*"level":"(debug|info|warn)"/.test(line);
}
