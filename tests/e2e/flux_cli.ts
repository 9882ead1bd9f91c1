import { join } from "node:path";
import { programDirectory } from "../cluster/build_programs.ts";
import { runCommand } from "../run_command.ts";
import type { Kube } from "./kube.ts";

/** What `flux get sources external` prints of a namespace: the cells of each line, the first one being the headers. */
export async function fluxSources(kube: Kube, namespace: string): Promise<readonly string[][]> {
  const text = await runCommand(join(await programDirectory(), "flux"), {
    args: ["get", "sources", "external", "-n", namespace, "--kubeconfig", kube.kubeconfig],
  });
  return text.split("\n").map((line) => line.split("\t").map((cell) => cell.trim()));
}
