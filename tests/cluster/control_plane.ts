import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { runCommand } from "../run_command.ts";
import { buildPrograms, programEnvironment } from "./build_programs.ts";

const here = fileURLToPath(new URL(".", import.meta.url));
const crd = fileURLToPath(new URL("../../manifests/crd/externalsources.yaml", import.meta.url));

/** What a control plane has beside etcd and kube-apiserver. */
export interface ControlPlaneOptions {
  /** `kustomize-controller` (brings Flux's CRDs), `kube-controller-manager`, `kube-scheduler`. */
  readonly with?: readonly string[];
  /** Further flags of kustomize-controller, separated by spaces. */
  readonly fluxFlags?: string;
  /** Further flags of kube-apiserver, separated by spaces. */
  readonly apiserverFlags?: string;
  /** The address kube-apiserver listens on. Default: 127.0.0.1. */
  readonly bind?: string;
}

/** A real API server with the project's CRD, for one test or test file. */
export interface ControlPlane {
  /** Path of an administrator's kubeconfig; stays valid over stop and start. */
  readonly kubeconfig: string;
  /** Holds data, `pki/`, `ports`, `pid/NAME` and `log/NAME.log`. */
  readonly dir: string;
  /** Standard output of kubectl; throws with its standard error if it fails. */
  kubectl(args: readonly string[], stdin?: string): Promise<string>;
  /** Kills one program (`kube-apiserver`, `etcd`, `kustomize-controller`) or all; their data stay. */
  stop(name?: string): Promise<void>;
  /** Starts what does not run any more, on the same ports with the same data, and waits until it is ready. */
  start(): Promise<void>;
  /** Ends everything and removes the data. */
  close(): Promise<void>;
}

function environmentOf(options: ControlPlaneOptions): Record<string, string> {
  return {
    ...programEnvironment(),
    WITH: options.with?.join(" ") ?? "",
    FLUX_FLAGS: options.fluxFlags ?? "",
    APISERVER_FLAGS: options.apiserverFlags ?? "",
    BIND: options.bind ?? "127.0.0.1",
  };
}

/** The built kubectl: the one that belongs to the API server. */
async function findKubectl(env: Readonly<Record<string, string>>): Promise<string> {
  const script = `here=${here}; . "$here/env.sh"; echo "$assets/kubectl"`;
  return await runCommand("sh", { args: ["-c", script], env });
}

/**
 * Starts a control plane of its own, about 4 s after the first time. Its programs are looked for in KUBEBUILDER_ASSETS, in
 * a folder of the PATH and in the cache, and otherwise built. Many may run side by side; `close` it in a `finally`, or
 * its programs outlive the test.
 */
export async function startControlPlane(options: ControlPlaneOptions = {}): Promise<ControlPlane> {
  const env = environmentOf(options);
  await buildPrograms(["control-plane", ...options.with ?? []]);
  const kubectlPath = await findKubectl(env);
  const dir = await Deno.makeTempDir({ prefix: "control-plane-" });
  const kubeconfig = join(dir, "kubeconfig");
  const script = (name: string, args: readonly string[]) =>
    runCommand(join(here, name), { args, env });
  const start = async () => void await script("start-control-plane.sh", [dir]);
  const stop = async (name?: string) =>
    void await script("stop-control-plane.sh", name ? [dir, name] : [dir]);
  const run = (args: readonly string[], stdin?: string) =>
    runCommand(kubectlPath, {
      args: ["--kubeconfig", kubeconfig, ...args],
      ...(stdin === undefined ? {} : { stdin }),
    });
  const kubectl: ControlPlane["kubectl"] = (args, stdin) =>
    run(args, stdin).catch((error) => {
      if (!wasTooSlow(args, error)) throw error;
      return run(args, stdin);
    });
  const close = async () => {
    await stop();
    await Deno.remove(dir, { recursive: true });
  };
  try {
    await start();
    await kubectl(["apply", "--server-side", "--filename", crd]);
    await untilEstablished(kubectl);
  } catch (error) {
    await close();
    throw error;
  }
  return { kubeconfig, dir, kubectl, stop, start, close };
}

/**
 * An API server gives a write up after 34 s, and a machine of many can stand still for as long. To apply is the same twice,
 * so it says nothing of what is tested.
 */
function wasTooSlow([command]: readonly string[], error: unknown): boolean {
  return command === "apply" && /request did not complete within/.test(String(error));
}

/** A definition without any condition yet is an error to `kubectl wait`, and nothing to wait for. */
async function untilEstablished(kubectl: ControlPlane["kubectl"]): Promise<void> {
  const wait = ["wait", "--for=condition=Established", "crd", "--all", "--timeout=60s"];
  for (let triesLeft = 20;; triesLeft--) {
    try {
      return void await kubectl(wait);
    } catch (error) {
      if (triesLeft === 0 || !/accessor error/.test(String(error))) throw error;
      await new Promise((resolve) => setTimeout(resolve, 250));
    }
  }
}
