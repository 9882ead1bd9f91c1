import { isMap, isScalar, type Pair, parseDocument, type YAMLMap } from "yaml";

/** A key of `chart/values.yaml`. */
export interface ChartValue {
  readonly path: string;
  readonly default: unknown;
  /** Its comment; empty if the one of a key above speaks for it. */
  readonly description: string;
  /** Those below it. */
  readonly children: readonly ChartValue[];
}

/** Maps that Kubernetes defines: whoever sets one replaces parts of it by its rules. */
const ofKubernetes = /(^|\.)(resources|securityContext|containerSecurityContext)$/;

const clean = (comment: string) => comment.replace(/\n\s*/g, " ").trim();

/** yaml gives the comment above the first key of a map to the map. */
function commentOf({ key, value }: Pair, map: YAMLMap): string {
  const above = (key as { commentBefore?: string }).commentBefore;
  const first = map.items[0]?.key === key ? map.commentBefore : undefined;
  const behind = (value as { comment?: string } | null)?.comment;
  return clean(above ?? (isMap(value) && value.items.length > 0 ? "" : behind) ?? first ?? "") ||
    clean(first ?? "");
}

function valueOf(pair: Pair, map: YAMLMap, above: string): ChartValue {
  const name = String(isScalar(pair.key) ? pair.key.value : pair.key);
  const path = above ? `${above}.${name}` : name;
  const opaque = !isMap(pair.value) || ofKubernetes.test(path);
  return {
    path,
    default: (pair.value as { toJSON(): unknown }).toJSON(),
    description: commentOf(pair, map),
    children: opaque ? [] : valuesOf(pair.value as YAMLMap, path),
  };
}

function valuesOf(map: YAMLMap, above: string): ChartValue[] {
  return map.items.map((pair) => valueOf(pair, map, above));
}

/** The keys of a file of values, with the comments that stand above or behind them. @throws {Error} if one has none */
export function readChartValues(text: string): readonly ChartValue[] {
  const values = valuesOf(parseDocument(text).contents as YAMLMap, "");
  requireComments(values, false);
  return values;
}

function requireComments(values: readonly ChartValue[], isSpokenFor: boolean) {
  for (const { path, description, children } of values) {
    const spoken = isSpokenFor || description !== "";
    if (children.length === 0 && !spoken) throw new Error(`${path} has no comment`);
    requireComments(children, spoken);
  }
}

const cell = (text: string) => text.replaceAll("|", "\\|");

function rowsOf({ path, default: value, description, children }: ChartValue): string[] {
  const below = children.flatMap(rowsOf);
  const own = description === ""
    ? []
    : [`| \`${path}\` | ${cell(shownDefault(value, below.length > 0))} | ${cell(description)} |`];
  return [...own, ...below];
}

function shownDefault(value: unknown, isDescribedBelow: boolean): string {
  if (isDescribedBelow) return "";
  return `\`${JSON.stringify(value)}\``;
}

/** A table of all values, in the order of the file. */
export function chartValuesTable(values: readonly ChartValue[]): string {
  return [
    ...["| value | default | meaning |", "| --- | --- | --- |"],
    ...values.flatMap(rowsOf),
  ].join("\n");
}
