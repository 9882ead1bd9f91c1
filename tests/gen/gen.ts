/**
 * `deno task gen` writes what is generated from the code; with `--check` it only says what is out of date, with exit
 * code 1.
 */
import { fileURLToPath } from "node:url";
import { crdYaml } from "../../src/cli/crd_yaml.ts";
import { generatorSchemas } from "../../src/cli/generator_schemas.ts";
import { controllerSettingGroups } from "../../src/cli/operator_settings.ts";
import { settingsTable } from "../../src/config/settings_table.ts";
import { describeMetrics } from "../../src/telemetry/describe_metrics.ts";
import { chartValuesTable, readChartValues } from "./chart_values.ts";
import { chartExamplesTable } from "./chart_examples.ts";
import { externalSourceReference } from "./external_source_reference.ts";
import { metricsReference } from "./metrics_reference.ts";
import { chartRules, roleManifests } from "./roles.ts";
import { valuesSchema } from "./values_schema.ts";

const root = new URL("../../", import.meta.url);

const readRoot = (name: string) => Deno.readTextFile(new URL(name, root));
const readTemplate = (name: string) => Deno.readTextFile(new URL(name, import.meta.url));

const chartValues = readChartValues(await readRoot("chart/values.yaml"));

/** What the chart has of the manifests, because Helm reads nothing outside of it. */
const inChart = {
  "chart/files/externalsources.yaml": crdYaml(),
  "chart/files/rules.yaml": chartRules(),
  "chart/files/values.yaml": await readRoot("chart/values.yaml"),
  "chart/files/whitelist.yaml": await readRoot("manifests/hooks/whitelist.yaml"),
};

const generated: Readonly<Record<string, string>> = {
  ...inChart,
  "chart/README.md": (await readTemplate("chart_readme.template.md"))
    .replace("{{examples}}", chartExamplesTable(new URL("chart/examples/", root)))
    .replace("{{values}}", () => chartValuesTable(chartValues)),
  "chart/values.schema.json": valuesSchema(chartValues),
  "manifests/crd/externalsources.yaml": crdYaml(),
  "manifests/rbac/roles.yaml": roleManifests(),
  "docs/reference/externalsource.md": externalSourceReference(
    await readTemplate("externalsource.template.md"),
    generatorSchemas,
  ),
  "docs/reference/metrics.md": metricsReference(
    await readTemplate("metrics.template.md"),
    describeMetrics(),
  ),
  "docs/reference/settings.md": (await readTemplate("settings.template.md"))
    .replace("{{settings}}", () => settingsTable(controllerSettingGroups).trimEnd()),
};

async function readIfThere(path: URL): Promise<string | undefined> {
  try {
    return await Deno.readTextFile(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}

const check = Deno.args.includes("--check");
const stale: string[] = [];
for (const [name, text] of Object.entries(generated)) {
  const path = new URL(name, root);
  if (await readIfThere(path) === text) continue;
  stale.push(name);
  if (check) continue;
  await Deno.mkdir(fileURLToPath(new URL(".", path)), { recursive: true });
  await Deno.writeTextFile(path, text);
}

if (check && stale.length > 0) {
  console.error(`out of date, run \`deno task gen\`: ${stale.join(", ")}`);
  Deno.exit(1);
}
console.log(stale.length > 0 ? `wrote ${stale.join(", ")}` : "everything generated is up to date");
