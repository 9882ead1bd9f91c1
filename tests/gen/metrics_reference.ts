import { handovers } from "../../src/shard/handover.ts";
import { memberStates } from "../../src/shard/members.ts";
import type { MetricFamily } from "../../src/telemetry/metric_family.ts";

/** Headings in their order, and what stands under each: the first that fits. */
const groups: readonly (readonly [string, RegExp])[] = [
  ["Each source", /^externalsource_(reconciliation|active|last_success)|^gotk_/],
  ["Replicas", /^externalsource_(owned|replica|handovers|sources$)|^leader_election_/],
  ["The queue", /^workqueue_|^controller_runtime_|^externalsource_lateness_/],
  ["Upstreams", /^externalsource_(upstream|source_request)/],
  ["Hooks", /^externalsource_hook/],
  ["Artifacts and the store", /^externalsource_(artifact_operation|store)/],
  ["The artifact server", /^externalsource_artifact_(server|missing)/],
  ["The process", /^process_|^rest_client_|^externalsource_(build|internal|events)/],
];

const row = (cells: readonly string[]) => `| ${cells.join(" | ")} |`;
const code = (text: string) => `\`${text}\``;

/** `docs/reference/metrics.md`: the tables that `{{metrics}}`, `{{states}}` and `{{handovers}}` stand for in a template. */
export function metricsReference(template: string, families: readonly MetricFamily[]): string {
  const byGroup = Map.groupBy(families, groupOf);
  const sections = groups.map(([title]) => `## ${title}\n\n${table(byGroup.get(title) ?? [])}`);
  return template
    .replace("{{metrics}}", () => sections.join("\n\n"))
    .replace("{{states}}", () => wordsTable("state", memberStates))
    .replace("{{handovers}}", () => wordsTable("kind", handovers));
}

function groupOf({ name }: MetricFamily): string {
  const group = groups.find(([, fits]) => fits.test(name));
  if (!group) throw new Error(`${name} stands under no heading of tests/gen/metrics_reference.ts`);
  return group[0];
}

function table(families: readonly MetricFamily[]): string {
  const rows = families.map(({ name, type, labels, help }) =>
    row([code(name), type, labels.map(code).join(", "), help.replaceAll("|", "\\|")])
  );
  return [row(["metric", "type", "labels", "what it tells"]), row(Array(4).fill("---")), ...rows]
    .join("\n");
}

function wordsTable(label: string, words: Readonly<Record<string, string>>): string {
  const rows = Object.entries(words).map(([value, meaning]) => row([code(value), meaning]));
  return [row([code(label), "meaning"]), row(["---", "---"]), ...rows].join("\n");
}
