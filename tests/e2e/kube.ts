import { join } from "node:path";
import { eventually } from "../acceptance/eventually.ts";
import { programDirectory } from "../cluster/build_programs.ts";
import { runCommand } from "../run_command.ts";

/** A Kubernetes object as kubectl prints it; tests know what they look into. */
// deno-lint-ignore no-explicit-any
export type KubeObject = Record<string, any>;

/** A container that commands are run in. */
export interface ExecTarget {
  readonly namespace: string;
  readonly pod: string;
  readonly container?: string;
}

/** How long anything in a cluster may take, in milliseconds: two busy cores start pods slowly. */
export const patience = 180_000;

/** kubectl against one cluster. */
export class Kube {
  readonly #program: string;
  readonly kubeconfig: string;

  private constructor(program: string, kubeconfig: string) {
    this.#program = program;
    this.kubeconfig = kubeconfig;
  }

  /** With the kubectl that was built. */
  static async connect(kubeconfig: string): Promise<Kube> {
    return new Kube(join(await programDirectory(), "kubectl"), kubeconfig);
  }

  /** Standard output of kubectl; throws with its standard error if it fails. */
  async run(args: readonly string[], stdin?: string): Promise<string> {
    return await runCommand(this.#program, {
      args: ["--kubeconfig", this.kubeconfig, ...args],
      ...(stdin === undefined ? {} : { stdin }),
    });
  }

  /** As users do. */
  async apply(...objects: readonly KubeObject[]): Promise<void> {
    await this.run(
      ["apply", "--filename=-"],
      objects.map((each) => JSON.stringify(each)).join("\n---\n"),
    );
  }

  /** @param what `pod/a`, `externalsource/b`; undefined if there is none */
  async get(namespace: string, what: string): Promise<KubeObject | undefined> {
    const args = ["get", what, "--namespace", namespace, "--ignore-not-found", "--output=json"];
    const text = await this.run(args);
    return text === "" ? undefined : JSON.parse(text);
  }

  /** All of a kind in a namespace, or in all of them. */
  async list(kind: string, namespace?: string): Promise<readonly KubeObject[]> {
    const where = namespace === undefined ? ["--all-namespaces"] : ["--namespace", namespace];
    return JSON.parse(await this.run(["get", kind, ...where, "--output=json"])).items;
  }

  /** Standard output of a command in a container. */
  async exec(target: ExecTarget, command: readonly string[], stdin?: string): Promise<string> {
    const { namespace, pod, container } = target;
    return await this.run([
      ...["exec", "--namespace", namespace, pod],
      ...(container === undefined ? [] : ["--container", container]),
      ...(stdin === undefined ? [] : ["--stdin"]),
      ...["--", ...command],
    ], stdin);
  }

  /** Removes namespaces with all that is in them, if they are there. */
  async deleteNamespaces(...names: readonly string[]): Promise<void> {
    await this.run(["delete", "namespace", ...names, "--ignore-not-found", "--timeout=180s"]);
  }

  /** Waits until all pods of a StatefulSet or Deployment are as they are declared, and ready. */
  async untilRolledOut(namespace: string, what: string): Promise<void> {
    const args = ["rollout", "status", what, "--namespace", namespace, "--timeout=180s"];
    try {
      await this.run(args);
    } catch (cause) {
      const pods = await this.run(["describe", "pods", "--namespace", namespace]);
      throw new Error(`${what} is not ready:\n${pods.slice(-6_000)}`, { cause });
    }
  }

  /** Waits until something is so; what is thrown counts as "not yet". */
  async until<T>(what: string, look: () => Promise<T | undefined | false>): Promise<T> {
    return await eventually(look, { withinMs: patience, what, lookEveryMs: 500 });
  }
}
