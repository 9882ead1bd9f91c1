import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { runCommand } from "../run_command.ts";

const here = fileURLToPath(new URL(".", import.meta.url));
const controlPlane = ["etcd", "kube-apiserver", "kubectl"];

function isFile(path: string): boolean {
  try {
    return Deno.statSync(path).isFile;
  } catch {
    return false;
  }
}

/** KUBEBUILDER_ASSETS, or a folder of the PATH that has all that a control plane needs. */
function findAssets(): string | undefined {
  const given = Deno.env.get("KUBEBUILDER_ASSETS");
  if (given) return given;
  const folders = (Deno.env.get("PATH") ?? "").split(":").filter((folder) => folder !== "");
  return folders.find((folder) => controlPlane.every((name) => isFile(join(folder, name))));
}

/** What the scripts of this folder need beside the environment of this process. */
export function programEnvironment(): Record<string, string> {
  const assets = findAssets();
  return assets ? { KUBEBUILDER_ASSETS: assets } : {};
}

/** How programs are built. */
export interface BuildOptions {
  /** While something else runs, which is not to notice. */
  readonly isBeside?: boolean;
  /** Another build follows, which goes on with what this one has compiled. */
  readonly isMoreToCome?: boolean;
}

/**
 * Builds what is missing or out of date, which takes minutes on a fresh machine and 0.1 s afterwards. Shows how far it is on
 * standard error.
 *
 * @param names programs (`kustomize-controller`) or groups (`control-plane`, `flux`, `hooks`) of `build.sh`
 */
export async function buildPrograms(
  names: readonly string[],
  { isBeside = false, isMoreToCome = false }: BuildOptions = {},
): Promise<void> {
  const { success } = await new Deno.Command("nice", {
    args: ["-n", isBeside ? "19" : "0", join(here, "build.sh"), ...names],
    env: { ...programEnvironment(), ...isMoreToCome ? { KEEP_GO_CACHE: "1" } : {} },
    stdout: "inherit",
    stderr: "inherit",
  }).output();
  if (!success) throw new Error(`Cannot build ${names.join(", ")}: what is missing stands above`);
}

/** The folder of what was built. */
export async function programDirectory(): Promise<string> {
  return await runCommand("sh", {
    args: ["-c", `here=${here}; . "$here/env.sh"; echo "$KUBE_BIN"`],
  });
}
