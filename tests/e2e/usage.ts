import { parseQuantity } from "../../src/core/quantity.ts";
import type { Kube, KubeObject } from "./kube.ts";

/** What a container takes by the measure of the kubelet, and what it may take at most. */
export interface ContainerUsage {
  readonly container: string;
  /** Working set, in bytes: what the kernel counts against the limit and cannot give back. */
  readonly memory: number;
  readonly memoryLimit: number;
  readonly cores: number;
  readonly coresLimit: number;
}

/**
 * Of every container of pods that run
 * (https://kubernetes.io/docs/reference/instrumentation/node-metrics/#summary-api-source).
 */
export async function readUsage(
  kube: Kube,
  pods: readonly KubeObject[],
): Promise<readonly ContainerUsage[]> {
  const found: ContainerUsage[] = [];
  for (const { metadata, spec } of pods) {
    const measured = await kube.until(`the kubelet has measured ${metadata.name}`, async () => {
      const path = `/api/v1/nodes/${spec.nodeName}/proxy/stats/summary`;
      const summary = JSON.parse(await kube.run(["get", "--raw", path]));
      const stats = summary.pods.find(({ podRef }: KubeObject) => podRef.uid === metadata.uid);
      const all = stats?.containers as readonly KubeObject[] | undefined;
      const isComplete = all?.length === spec.containers.length &&
        all?.every(({ cpu, memory }) => cpu?.usageNanoCores > 0 && memory?.workingSetBytes > 0);
      return isComplete && all;
    });
    for (const { name, cpu, memory } of measured) {
      const { limits } = spec.containers.find((each: KubeObject) => each.name === name).resources;
      found.push({
        ...{ container: `${metadata.name} ${name}`, memory: memory.workingSetBytes },
        memoryLimit: parseQuantity(limits.memory) ?? 0,
        ...{ cores: cpu.usageNanoCores / 1e9, coresLimit: parseCores(limits.cpu) },
      });
    }
  }
  return found;
}

function parseCores(text: string): number {
  return text.endsWith("m") ? Number(text.slice(0, -1)) / 1_000 : Number(text);
}
