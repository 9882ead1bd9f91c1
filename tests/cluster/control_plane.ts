import { join } from "node:path";
import { fileURLToPath } from "node:url";

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
}

/** A real API server on loopback with the project's CRD, for one test or test file. */
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

interface Run {
  readonly args?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  readonly stdin?: string;
}

async function run(program: string, { args = [], env = {}, stdin }: Run): Promise<string> {
  const child = new Deno.Command(program, {
    args: [...args],
    env: { ...env },
    stdin: stdin === undefined ? "null" : "piped",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const output = child.output();
  if (stdin !== undefined) {
    await new Blob([stdin]).stream().pipeTo(child.stdin).catch(() => {
      // The program ended without reading all of it; its exit code says what there is to say.
    });
  }
  const { success, stdout, stderr } = await output;
  const [out, error] = [stdout, stderr].map((bytes) => new TextDecoder().decode(bytes));
  if (!success) throw new Error(`${program} ${args.join(" ")}: ${error!.trim() || out!.trim()}`);
  return out!;
}

const wanted = ["etcd", "kube-apiserver", "kubectl"];

/** A folder of the PATH that has what a control plane needs, as kind's or envtest's users may have. */
function findAssets(): string | undefined {
  const given = Deno.env.get("KUBEBUILDER_ASSETS");
  if (given) return given;
  const folders = (Deno.env.get("PATH") ?? "").split(":").filter((folder) => folder !== "");
  return folders.find((folder) => wanted.every((name) => isFile(join(folder, name))));
}

function isFile(path: string): boolean {
  try {
    return Deno.statSync(path).isFile;
  } catch {
    return false;
  }
}

/** Shows how a build goes on, which takes minutes on a fresh machine and 0.1 s afterwards. */
async function build(names: readonly string[], env: Readonly<Record<string, string>>) {
  const { success } = await new Deno.Command(join(here, "build.sh"), {
    args: [...names],
    env: { ...env },
    stdout: "inherit",
    stderr: "inherit",
  }).output();
  if (!success) throw new Error(`cannot build ${names.join(", ")}: what is missing stands above`);
}

function environmentOf(options: ControlPlaneOptions): Record<string, string> {
  const assets = findAssets();
  return {
    ...(assets ? { KUBEBUILDER_ASSETS: assets } : {}),
    WITH: options.with?.join(" ") ?? "",
    FLUX_FLAGS: options.fluxFlags ?? "",
    APISERVER_FLAGS: options.apiserverFlags ?? "",
  };
}

/** The built kubectl: the one that belongs to the API server. */
async function findKubectl(env: Readonly<Record<string, string>>): Promise<string> {
  const script = `here=${here}; . "$here/env.sh"; echo "$assets/kubectl"`;
  return (await run("sh", { args: ["-c", script], env })).trim();
}

/**
 * Starts a control plane of its own, about 4 s after the first time. Its programs are looked for in KUBEBUILDER_ASSETS, in
 * a folder of the PATH and in the cache, and otherwise built. Many may run side by side; `close` it in a `finally`, or
 * its programs outlive the test.
 */
export async function startControlPlane(options: ControlPlaneOptions = {}): Promise<ControlPlane> {
  const env = environmentOf(options);
  await build(["control-plane", ...options.with ?? []], env);
  const kubectlPath = await findKubectl(env);
  const dir = await Deno.makeTempDir({ prefix: "control-plane-" });
  const kubeconfig = join(dir, "kubeconfig");
  const start = async () =>
    void await run(join(here, "start-control-plane.sh"), { args: [dir], env });
  const stop = async (name?: string) =>
    void await run(join(here, "stop-control-plane.sh"), { args: name ? [dir, name] : [dir], env });
  const kubectl = (args: readonly string[], stdin?: string) =>
    run(kubectlPath, {
      args: ["--kubeconfig", kubeconfig, ...args],
      ...(stdin === undefined ? {} : { stdin }),
    });
  const close = async () => {
    await stop();
    await Deno.remove(dir, { recursive: true });
  };
  try {
    await start();
    await kubectl(["apply", "--server-side", "--filename", crd]);
    await kubectl(["wait", "--for=condition=Established", "crd", "--all", "--timeout=60s"]);
  } catch (error) {
    await close();
    throw error;
  }
  return { kubeconfig, dir, kubectl, stop, start, close };
}
