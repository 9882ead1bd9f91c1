import assert from "node:assert/strict";
import { parse } from "yaml";
import { checkSpec } from "../src/cli/check_spec.ts";
import { controllerSettings } from "../src/cli/operator_settings.ts";
import { handoverLog } from "../src/cli/replica_watch.ts";
import { runCommand } from "../src/cli/run_command.ts";
import { parseSettings } from "../src/config/parse_settings.ts";
import { formatSetting } from "../src/config/setting_words.ts";
import { ownerAnnotation } from "../src/core/api_names.ts";
import { toPlainSchema } from "../src/core/plain_schema.ts";
import { statusSchema } from "../src/core/status_schema.ts";
import { handovers } from "../src/shard/handover.ts";
import { memberLabels } from "../src/shard/member.ts";
import { memberStates } from "../src/shard/members.ts";
import { describeMetrics } from "../src/telemetry/describe_metrics.ts";
import type { MetricFamily } from "../src/telemetry/metric_family.ts";
import { CheckedDocument, settingsByName } from "../tests/checked_document.ts";

const page = await CheckedDocument.read("docs/scaling.md");

/** What stands behind `deno task bench`. */
const benchCalls = [...page.text.matchAll(/`deno task bench (\w+)([^`]*)`/g)]
  .map(([, row = "", rest = ""]) => ({ row, flags: rest.match(/--[a-z-]+/g) ?? [] }));

Deno.test("every flag and variable that docs/scaling.md names exists", () => {
  const names = [...page.settingNames()];
  assert.ok(names.length > 12, `${names.length}`);
  const ofBench = benchCalls.flatMap(({ flags }) => flags);
  const unknown = names.filter((name) => !settingsByName.has(name) && !ofBench.includes(name));
  assert.deepEqual(unknown, []);
});

Deno.test("every bench that docs/scaling.md names can be run again", async () => {
  assert.ok(benchCalls.length > 0);
  const bench = await Deno.readTextFile(new URL("../tests/bench/bench.ts", import.meta.url));
  for (const { row, flags } of benchCalls) {
    assert.match(bench, new RegExp(`"?${row}"?[:,]`), row);
    for (const flag of flags) assert.match(bench, new RegExp(`"?${flag.slice(2)}"?:`), flag);
  }
});

Deno.test("every default that docs/scaling.md names is the default", () => {
  const told = page.defaults();
  assert.ok(told.length >= 3, `${told.length}`);
  for (const { name, told: value, real } of told) assert.equal(value, real, name);
  const rows = [...page.text.matchAll(/^\| (`(?:--|[A-Z]{2,})[^|]*)\| ([^|]*)\|/gm)];
  assert.ok(rows.length > 10, `${rows.length}`);
  for (const [, names = "", defaults = ""] of rows) {
    const real = [...names.matchAll(/`([^`]+)`/g)]
      .map(([, name = ""]) => settingsByName.get(name)!)
      .map((setting) => formatSetting(setting, setting.default)).join(", ");
    assert.equal(defaults.trim(), real, names);
  }
});

/** Values of the chart that are given and that it does not know, as paths. */
function unknownValues(given: unknown, known: unknown, path = ""): string[] {
  if (given === null || typeof given !== "object" || Array.isArray(given)) return [];
  return Object.entries(given).flatMap(([key, value]) => {
    const at = `${path}.${key}`;
    const inner = (known as Readonly<Record<string, unknown>> | undefined)?.[key];
    return inner === undefined ? [at] : unknownValues(value, inner, at);
  });
}

Deno.test("every value of the chart in docs/scaling.md exists, and the controller takes the arguments", async () => {
  const blocks = page.blocksOf("yaml values");
  assert.ok(blocks.length >= 5);
  const known = parse(await Deno.readTextFile(new URL("../chart/values.yaml", import.meta.url)));
  for (const block of blocks) {
    const values = parse(block);
    assert.deepEqual(unknownValues(values, known), []);
    const { warnings } = parseSettings({
      described: controllerSettings,
      arguments: values.controller.extraArgs ?? [],
      environment: {},
      configMap: undefined,
    });
    assert.deepEqual(warnings, []);
  }
});

Deno.test("every ExternalSource of docs/scaling.md is valid", () => {
  const blocks = page.blocksOf("yaml source");
  assert.ok(blocks.length > 0);
  for (const block of blocks) assert.deepEqual(checkSpec(parse(block).spec), []);
});

Deno.test("every metric of docs/scaling.md exists", () => {
  assert.ok(page.metricNames().size >= 12);
  assert.deepEqual(page.unknownMetrics(), []);
});

interface Selector {
  readonly metric: string;
  readonly labels: readonly (readonly [name: string, value: string])[];
}

/** What a PromQL expression selects: names that are no functions, operators or labels of a grouping. */
function selectorsOf(expression: string): Selector[] {
  const withoutGroups = expression.replaceAll(/\b(by|without)\s*\([^)]*\)/g, "");
  const names = withoutGroups.matchAll(/([a-z_]+)(?![a-z_]|\s*\()\s*(?:\{([^}]*)\})?(?=[[\s)]|$)/g);
  return [...names].map(([, metric = "", labels = ""]) => ({
    metric,
    labels: [...labels.matchAll(/(\w+)=~?"([^"]*)"/g)].map(([, name, value]) => [name!, value!]),
  }));
}

/** Values that a label can have, where they are known. */
const labelValues: Readonly<Record<string, readonly string[]>> = {
  "externalsource_replica_state state": Object.keys(memberStates),
  "externalsource_handovers_total kind": Object.keys(handovers),
  "externalsource_lateness_seconds_bucket paced": ["true", "false"],
  "externalsource_artifact_operation_total operation": ["package", "store"],
  "externalsource_artifact_operation_total success": ["true", "false"],
};

/** The labels of a series by its name; undefined if there is no such series. */
function labelsOf(series: string): readonly string[] | undefined {
  const suffixes = (type: MetricFamily["type"]) =>
    type === "histogram" ? ["_bucket", "_sum", "_count"] : [""];
  return describeMetrics()
    .find(({ name, type }) => suffixes(type).some((suffix) => name + suffix === series))?.labels;
}

/** What is wrong with a selector, in words. */
function problemsOf({ metric, labels }: Selector): string[] {
  const known = labelsOf(metric);
  if (!known) return [`there is no ${metric}`];
  return labels.flatMap(([name, value]) => {
    if (!known.includes(name)) return [`${metric} has no ${name}`];
    const values = labelValues[`${metric} ${name}`];
    return value.split("|").filter((each) => values && !values.includes(each))
      .map((each) => `${metric} never has ${name}="${each}"`);
  });
}

Deno.test("every alert of docs/scaling.md is of series that exist, with labels and values that they have", () => {
  const [block = ""] = page.blocksOf("yaml alerts");
  const rules: readonly { readonly alert: string; readonly expr: string }[] =
    parse(block).spec.groups[0].rules;
  assert.ok(rules.length >= 10);
  assert.equal(new Set(rules.map(({ alert }) => alert)).size, rules.length);
  const selectors = rules.map(({ expr }) => selectorsOf(expr));
  assert.ok(selectors.every(({ length }) => length > 0));
  assert.deepEqual(selectors.flat().flatMap(problemsOf), []);
  const selected = selectors.flat().flatMap(({ metric, labels }) =>
    labels.map(([name]) => `${metric} ${name}`)
  );
  for (const each of Object.keys(labelValues)) assert.ok(selected.includes(each), each);
});

Deno.test("the check of alerts finds what does not exist", () => {
  const problems = (expression: string) => selectorsOf(expression).flatMap(problemsOf);
  assert.deepEqual(
    problems("sum(rate(externalsource_replicas[5m])) > max by (a) (nothing_total)"),
    [
      "there is no nothing_total",
    ],
  );
  assert.deepEqual(problems('externalsource_replica_state{state=~"lapsed|asleep"} == 1'), [
    'externalsource_replica_state never has state="asleep"',
  ]);
  assert.deepEqual(problems('externalsource_replicas{zone="a"} < 3'), [
    "externalsource_replicas has no zone",
  ]);
  assert.deepEqual(problems("externalsource_lateness_seconds > 1"), [
    "there is no externalsource_lateness_seconds",
  ]);
});

/** The commands of the page, each in one line. */
const commands = page.blocksOf("console").join("").split("\n")
  .flatMap((line) => line.startsWith("$ ") ? [line.slice(2)] : []);

Deno.test("the commands of docs/scaling.md ask for what is there", async () => {
  const [leases = "", sources = "", ...others] = commands;
  const [, selector = ""] = / -l (\S+)/.exec(leases) ?? [];
  for (const pair of selector.split(",")) {
    const [name = "", value] = pair.split("=");
    assert.equal(memberLabels[name], value);
  }
  const { properties = {} } = toPlainSchema(statusSchema);
  const fields = [...sources.matchAll(/\.status\.(\w+)/g)].map(([, name]) => name!);
  assert.ok(fields.length > 0 && fields.every((name) => name in properties), `${fields}`);
  const get = others.find((each) => each.includes(" get "))!.split(" ");
  assert.equal(get[0], "externalsource-controller");
  let [err, out] = ["", ""];
  const code = await runCommand({
    arguments: get.slice(1),
    environment: { KUBECONFIG: "/nowhere/kubeconfig" },
    signal: AbortSignal.abort(),
    print: (text) => out += text,
    printError: (text) => err += text,
    drop: () => {},
  });
  assert.deepEqual([code, out], [2, ""]);
  assert.match(err, /nowhere/, "its arguments are understood");
  const grep = /grep "([^"]+)"/.exec(others.at(-1)!)?.[1];
  assert.equal(grep, handoverLog);
});

Deno.test("names that docs/scaling.md takes from the code are those of the code", () => {
  assert.ok(page.text.includes(`\`${ownerAnnotation}\``));
  for (const state of ["member", "lapsed", "taken", "refused"]) assert.ok(state in memberStates);
});
