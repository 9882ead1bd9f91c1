import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { buildPrograms, programDirectory } from "../cluster/build_programs.ts";
import { runCommand } from "../run_command.ts";

const scripts = fileURLToPath(new URL("../cluster/", import.meta.url));

/** A real cluster with a kubelet, for these tests alone. */
export interface TestCluster {
  readonly kind: "kind" | "node of this machine";
  /** Of an administrator; stays valid over a restart. */
  readonly kubeconfig: string;
  /** Puts archives of images into the node. */
  load(archives: readonly string[]): Promise<void>;
  /** Takes the node its power and gives it back. */
  restart(): Promise<void>;
  /** Ends it; what it kept stays in its directory. */
  close(): Promise<void>;
}

async function succeeds(program: string, args: readonly string[]): Promise<boolean> {
  return await runCommand(program, { args }).then(() => true, () => false);
}

/** A node in namespaces of this machine: a kubelet, containerd and the rest, without Docker. */
async function startNode(directory: string): Promise<TestCluster> {
  await runCommand(join(scripts, "apt.sh"), { args: ["node", "pause", "images"] });
  await buildPrograms(["node"]);
  const run = (script: string, args: readonly string[]) =>
    runCommand(join(scripts, script), { args: [directory, ...args] });
  const kubeconfig = await run("start-node.sh", []);
  return {
    kind: "node of this machine",
    kubeconfig,
    load: async (archives) => void await run("load-image.sh", archives),
    restart: async () => {
      await run("stop-node.sh", []);
      await run("start-node.sh", []);
    },
    close: async () => void await run("stop-node.sh", []),
  };
}

async function startKind(directory: string): Promise<TestCluster> {
  const name = "externalsource-e2e";
  const kubeconfig = join(directory, "kubeconfig");
  const kind = (...args: readonly string[]) => runCommand("kind", { args: [...args] });
  const load = async (archives: readonly string[]) => {
    for (const archive of archives) await kind("load", "image-archive", archive, "--name", name);
  };
  await buildPrograms(["kubectl", "pause", "images"]);
  if (!(await kind("get", "clusters")).split("\n").includes(name)) {
    await kind("create", "cluster", "--name", name, "--wait", "180s");
  }
  await kind("export", "kubeconfig", "--name", name, "--kubeconfig", kubeconfig);
  await load([join(await programDirectory(), "../images/busybox.tar")]);
  return {
    kind: "kind",
    kubeconfig,
    load,
    restart: async () => {
      await runCommand("docker", { args: ["restart", "--time", "0", `${name}-control-plane`] });
    },
    close: async () => void await kind("delete", "cluster", "--name", name),
  };
}

/**
 * Starts kind where Docker runs, otherwise a node of this machine, which needs root.
 *
 * @param directory for its data; a cluster that still runs there is used again
 */
export async function startTestCluster(directory: string): Promise<TestCluster> {
  const hasKind = await succeeds("docker", ["info"]) && await succeeds("kind", ["version"]);
  return await (hasKind ? startKind : startNode)(directory);
}
