import assert from "node:assert/strict";
import type { Kube, KubeObject } from "./kube.ts";
import { readUsage } from "./usage.ts";

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
  async checkProbes(): Promise<void> {
    for (const { metadata, status } of await this.#pods()) {
      for (const { name, ready, restartCount, lastState } of status.containerStatuses) {
        const found = { ready, restartCount, lastState };
        const container = `${metadata.name} ${name}`;
        assert.deepEqual(found, { ready: true, restartCount: 0, lastState: {} }, container);
      }
    }
  }

  /** Holds every container to its limits of memory and CPU, and says what they take. */
  async checkUsage(): Promise<void> {
    for (const each of await readUsage(this.#parts.kube, await this.#pods())) {
      const { container, memory, memoryLimit, cores, coresLimit } = each;
      const [used, limit] = [memory, memoryLimit].map((bytes) => Math.round(bytes / 2 ** 20));
      console.log(
        `${container}: ${used} of ${limit} MiB, ${cores.toFixed(3)} of ${coresLimit} cores`,
      );
      assert.ok(memory < memoryLimit, `${container} takes ${memory} of ${memoryLimit} bytes`);
      // Within a tenth: the quota of the kernel and the measure of the kubelet have periods of their own.
      assert.ok(cores < 1.1 * coresLimit, `${container} takes ${cores} of ${coresLimit} cores`);
    }
  }

  /** What the containers of all pods logged at the level error, or say that is not a line of the log. */
  async errors(): Promise<string[]> {
    return (await this.log()).filter(isError);
  }

  /** Every line that the containers of all pods have logged. */
  async log(): Promise<string[]> {
    const lines: string[] = [];
    for (const { metadata: { name }, spec } of await this.#pods()) {
      for (const container of spec.containers as readonly KubeObject[]) {
        const args = ["logs", name, "-n", this.namespace, "-c", container.name];
        lines.push(...(await this.#parts.kube.run(args)).split("\n"));
      }
    }
    return lines;
  }

  async #pods(): Promise<readonly KubeObject[]> {
    const prefix = `${this.#parts.statefulSet}-`;
    const pods = (await this.#parts.kube.list("pods", this.namespace))
      .filter(({ metadata }) => metadata.name.startsWith(prefix));
    assert.ok(pods.length > 0, "there are no pods");
    return pods;
  }
}

function isError(line: string): boolean {
  if (line === "") return false;
  return !/^\{.*"level":"(debug|info|warn)"/.test(line);
}
