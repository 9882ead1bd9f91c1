import { fileURLToPath } from "node:url";
import {
  buildKustomization,
  chartDirectory,
  type Manifest,
  manifestsDirectory,
  renderChart,
} from "./programs.ts";

/** All that somebody may install, and where from. */
export interface Installation {
  readonly name: string;
  readonly manifests: readonly Manifest[];
}

const file = (name: string) => fileURLToPath(new URL(name, import.meta.url));

/** The overlays below `manifests/`. */
export const overlays: readonly string[] = [...Deno.readDirSync(`${manifestsDirectory}/overlays`)]
  .map(({ name }) => `overlays/${name}`)
  .sort();

/** Files of values that people are given. */
export const exampleFiles: readonly string[] = [...Deno.readDirSync(`${chartDirectory}/examples`)]
  .map(({ name }) => `${chartDirectory}/examples/${name}`)
  .sort();

/** The base and every overlay. */
export async function kustomizations(): Promise<Installation[]> {
  const names = ["base", ...overlays];
  return await Promise.all(
    names.map(async (name) => ({ name, manifests: await buildKustomization(name) })),
  );
}

const everything = [
  ...["networkPolicy", "podDisruptionBudget", "metrics.serviceMonitor", "metrics.podMonitor"],
].map((each) => `${each}.enabled=true`);

/** The chart with its defaults, with every documented file, with every value set, and with those of 0.2.0. */
export async function chartInstallations(namespace?: string): Promise<Installation[]> {
  const files = [...exampleFiles, file("all_values.yaml"), file("go_values.yaml")];
  const choices = [{}, { set: everything }, ...files.map((each) => ({ files: [each] }))];
  return await Promise.all(choices.map(async (choice) => ({
    name: `chart ${Object.values(choice).flat().join()}`,
    manifests: await renderChart({ ...choice, ...(namespace ? { namespace } : {}) }),
  })));
}

/** A copy of the chart whose defaults are the values of 0.2.0, as `helm upgrade --reuse-values` renders it; to be removed. */
export async function chartOfGoValues(): Promise<string> {
  const copy = await Deno.makeTempDir({ prefix: "chart-" });
  await new Deno.Command("cp", { args: ["-r", `${chartDirectory}/.`, copy] }).output();
  await Deno.copyFile(file("go_values.yaml"), `${copy}/values.yaml`);
  return copy;
}
