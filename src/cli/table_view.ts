import { findCondition } from "../core/condition.ts";
import type { ExternalSource } from "../core/external_source.ts";
import type { LocalView, LocalViewOptions } from "./local_view.ts";
import type { Operator } from "./operator.ts";
import { displayWidth } from "./display_width.ts";
import { inSeconds } from "./in_seconds.ts";
import { oneLine } from "./one_line.ts";
import { renderTable } from "./table.ts";

/** The table shows how long it is until the next run. */
const redrawEveryMs = 1_000;
const columns = ["NAMESPACE", "NAME", "READY", "REVISION", "SIZE", "NEXT", "REASON"];
/** Of a revision so much is shown: `latest@sha256:` and twelve digits. */
const revisionLength = 26;

/** A live table of the sources; below it what is wrong, in full, and how to download each artifact. */
export class TableView implements LocalView {
  readonly #options: LocalViewOptions;
  readonly #problems = new Set<string>();
  #operator: Pick<Operator, "plannedAt"> | undefined;
  #head = "";
  #drawnLines = 0;
  #cancel: () => void = () => {};

  constructor(options: LocalViewOptions) {
    this.#options = options;
  }

  started(
    operator: Pick<Operator, "plannedAt">,
    { directory, urlBase }: Parameters<LocalView["started"]>[1],
  ): void {
    this.#operator = operator;
    this.#head = `${directory}, artifacts on ${urlBase} (Ctrl-C ends)`;
    this.#tick();
  }

  outcome(): void {
    this.#draw();
  }

  event(): void {}

  problem(text: string): void {
    this.#problems.add(text);
    this.#draw();
  }

  solved(text: string): void {
    this.#problems.delete(text);
    this.#draw();
  }

  close(): void {
    this.#cancel();
  }

  #tick(): void {
    this.#draw();
    this.#cancel = this.#options.clock.schedule(() => this.#tick(), redrawEveryMs);
  }

  #draw(): void {
    const { columns: width, rows: height } = this.#options.consoleSize();
    const linesOf = (line: string) => Math.max(1, Math.ceil(displayWidth(line) / width));
    const shown = fitting(this.#lines(width), { height: height - 1, linesOf });
    const up = this.#drawnLines > 0 ? `\x1b[${this.#drawnLines}A\r\x1b[J` : "";
    this.#options.input.print(`${up}${shown.join("\n")}\n`);
    this.#drawnLines = shown.reduce((sum, line) => sum + linesOf(line), 0);
  }

  #lines(width: number): string[] {
    const { sources } = this.#options.objects;
    const all = [...sources.keys()].toSorted().flatMap((key) => sources.get(key) ?? []);
    const rows = all.map((source) => this.#row(source));
    const table = rows.length > 0
      ? renderTable(columns, rows, { width }).trimEnd().split("\n")
      : ["no ExternalSource yet"];
    const failures = all.flatMap(({ metadata: { namespace, name }, status }) => {
      const ready = findCondition(status.conditions ?? [], "Ready");
      return ready?.status === "False" ? [oneLine(`${namespace}/${name}: ${ready.message}`)] : [];
    });
    const urls = all.flatMap(({ status }) =>
      status.artifact ? [`curl -LO ${status.artifact.url}`] : []
    );
    const problems = [...this.#problems].map(oneLine);
    const blocks = [[this.#head], table, [...problems, ...failures], urls];
    return blocks.filter((block) => block.length > 0)
      .flatMap((block, index) => index === 0 ? block : ["", ...block]);
  }

  #row(source: ExternalSource): string[] {
    const { metadata: { namespace, name }, status } = source;
    const ready = findCondition(status.conditions ?? [], "Ready");
    return [
      namespace,
      name,
      ready?.status ?? "Unknown",
      status.artifact?.revision.slice(0, revisionLength) ?? "",
      status.artifact ? `${status.artifact.size}` : "",
      this.#next(source),
      ready?.reason ?? "",
    ];
  }

  #next({ metadata }: ExternalSource): string {
    const at = this.#operator?.plannedAt(`${metadata.namespace}/${metadata.name}`);
    if (at === undefined) return "";
    const left = at - this.#options.clock.now();
    return left > 0 ? inSeconds(left) : "now";
  }
}

/** As many lines as the terminal has: the cursor cannot go back to what has left it. */
function fitting(
  lines: readonly string[],
  { height, linesOf }: { readonly height: number; readonly linesOf: (line: string) => number },
): readonly string[] {
  let used = 0;
  const fits = lines.findIndex((line) => (used += linesOf(line)) > height);
  if (fits < 0) return lines;
  let kept = fits;
  used -= linesOf(lines[fits]!);
  while (kept > 0 && used + 1 > height) used -= linesOf(lines[--kept]!);
  return [...lines.slice(0, kept), `… ${lines.length - kept} more lines`];
}
