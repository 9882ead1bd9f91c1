import { imageNames } from "./images.ts";
import type { Kube, KubeObject } from "./kube.ts";
import { serverPod } from "./pods.ts";

/** Which claim of a volume is meant. */
export interface ClaimName {
  readonly namespace: string;
  readonly claim: string;
}

/** The claim that a StatefulSet would make, for a volume that is to be filled before it. */
export function claimObject({ namespace, claim }: ClaimName): KubeObject {
  return {
    ...{ apiVersion: "v1", kind: "PersistentVolumeClaim", metadata: { name: claim, namespace } },
    spec: { accessModes: ["ReadWriteOnce"], resources: { requests: { storage: "1Gi" } } },
  };
}

/** A volume of artifacts, seen from a pod that mounts it beside the controller. */
export class Volume {
  readonly #kube: Kube;
  readonly #namespace: string;

  private constructor(kube: Kube, namespace: string) {
    this.#kube = kube;
    this.#namespace = namespace;
  }

  static async open(kube: Kube, { namespace, claim }: ClaimName): Promise<Volume> {
    const name = "volume";
    const command = ["httpd", "-f", "-p", "8000", "-h", "/tmp"];
    const { busybox: image } = imageNames;
    await kube.apply(...serverPod({ namespace, name, image, command, port: 8000, claim }));
    await kube.untilRolledOut(namespace, `statefulset/${name}`);
    return new Volume(kube, namespace);
  }

  /** Paths of all artifacts, in order. */
  async artifacts(): Promise<readonly string[]> {
    return (await this.#run("find artifacts -type f -name '*.tar.gz' | sort")).split("\n");
  }

  /** The text of a mark. */
  async readMark(name: string): Promise<string> {
    return await this.#run(`cat ${name}`);
  }

  /** A copy of the tree, as base64 of a tar. */
  async copy(): Promise<string> {
    return await this.#run("tar -c . | base64");
  }

  async fill(copy: string): Promise<void> {
    await this.#run("base64 -d | tar -x", copy);
  }

  async #run(script: string, stdin?: string): Promise<string> {
    const target = { namespace: this.#namespace, pod: "volume-0" };
    return await this.#kube.exec(target, ["sh", "-euc", `cd /data && ${script}`], stdin);
  }
}
