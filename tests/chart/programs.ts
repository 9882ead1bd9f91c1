import { fileURLToPath } from "node:url";
import { parseAllDocuments } from "yaml";
import { buildPrograms } from "../cluster/build_programs.ts";
import { runCommand } from "../run_command.ts";

const cluster = fileURLToPath(new URL("../cluster", import.meta.url));

/** The chart of this project. */
export const chartDirectory = fileURLToPath(new URL("../../chart", import.meta.url));
/** The folder of the kustomizations. */
export const manifestsDirectory = fileURLToPath(new URL("../../manifests", import.meta.url));

/** A Kubernetes object as it is written; tests know what they look into. */
// deno-lint-ignore no-explicit-any
export type Manifest = Record<string, any>;

/** Runs the built helm or kustomize. */
export async function runProgram(
  name: "helm" | "kustomize",
  args: readonly string[],
): Promise<string> {
  await buildPrograms([name]);
  const script = `here=${cluster}; . "$here/env.sh"; exec "$KUBE_BIN/${name}" "$@"`;
  return await runCommand("sh", { args: ["-c", script, name, ...args] });
}

/** The objects of a stream of YAML documents. */
export function readManifests(text: string): Manifest[] {
  return parseAllDocuments(text)
    .map((document) => document.toJS())
    .filter((value) => value !== null);
}

/** What a chart is rendered with. */
export interface Rendering {
  readonly chart?: string;
  readonly release?: string;
  readonly namespace?: string;
  /** Files of values. */
  readonly files?: readonly string[];
  /** As behind `--set`. */
  readonly set?: readonly string[];
}

/** The arguments that all commands of helm have for a chart with values. */
export function chartArguments(rendering: Rendering = {}): string[] {
  const { chart = chartDirectory, release = "externalsource", namespace = "flux-system" } =
    rendering;
  const { files = [], set = [] } = rendering;
  return [
    ...[release, chart, "--namespace", namespace],
    ...files.flatMap((file) => ["--values", file]),
    ...set.flatMap((value) => ["--set", value]),
  ];
}

/** All objects that the chart renders. */
export async function renderChart(rendering: Rendering = {}): Promise<Manifest[]> {
  return readManifests(await runProgram("helm", ["template", ...chartArguments(rendering)]));
}

/** All objects of a kustomization, such as `overlays/pvc`. */
export async function buildKustomization(name: string): Promise<Manifest[]> {
  return readManifests(await runProgram("kustomize", ["build", `${manifestsDirectory}/${name}`]));
}

/** The one object of a kind, with a name that ends so. */
export function findManifest(manifests: readonly Manifest[], kind: string, ending = ""): Manifest {
  const found = manifests.filter((each) =>
    each.kind === kind && each.metadata.name.endsWith(ending)
  );
  if (found.length !== 1) throw new Error(`${found.length} objects ${kind} ${ending}`);
  return found[0]!;
}

/** A container of a StatefulSet. */
export function containerOf(statefulSet: Manifest, name = "manager"): Manifest {
  const containers: Manifest[] = statefulSet.spec.template.spec.containers;
  const found = containers.find((each) => each.name === name);
  if (!found) throw new Error(`no container ${name}`);
  return found;
}

/** Its variables: values, or in braces what they come from. */
export function variablesOf(container: Manifest): Record<string, string> {
  return Object.fromEntries(
    container.env.map(({ name, value, valueFrom }: Manifest) => [name, value ?? from(valueFrom)]),
  );
}

function from({ fieldRef, secretKeyRef }: Manifest): string {
  return fieldRef ? `{${fieldRef.fieldPath}}` : `{${secretKeyRef.name}/${secretKeyRef.key}}`;
}
