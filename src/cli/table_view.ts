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
/** Of the digits of a revision so many are shown, as git does: `latest@sha256:` before them would be in every row. */
const revisionDigits = 12;

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
    const shown = arrange(this.#blocks(width), { height: height - 1, linesOf });
    const up = this.#drawnLines > 0 ? `\x1b[${this.#drawnLines}A\r\x1b[J` : "";
    this.#options.input.print(`${up}${shown.join("\n")}\n`);
    this.#drawnLines = shown.reduce((sum, line) => sum + linesOf(line), 0);
  }

  #blocks(width: number): Blocks {
    const { sources } = this.#options.objects;
    const all = [...sources.keys()].toSorted().flatMap((key) => sources.get(key) ?? []);
    const rows = all.map((source) => this.#row(source));
    const table = rows.length > 0
      ? renderTable(columns, rows, { width, yielding: ["NAMESPACE", "NAME"] }).trimEnd().split("\n")
      : ["no ExternalSource yet"];
    const failures = all.flatMap(({ metadata: { namespace, name }, status }) => {
      const ready = findCondition(status.conditions ?? [], "Ready");
      return ready?.status === "False" ? [oneLine(`${namespace}/${name}: ${ready.message}`)] : [];
    });
    const urls = all.flatMap(({ status }) =>
      status.artifact ? [`curl -LO ${status.artifact.url}`] : []
    );
    const problems = [...this.#problems].map(oneLine);
    return { head: [this.#head], table, complaints: [...problems, ...failures], urls };
  }

  #row(source: ExternalSource): string[] {
    const { metadata: { namespace, name }, status } = source;
    const ready = findCondition(status.conditions ?? [], "Ready");
    return [
      namespace,
      name,
      ready?.status ?? "Unknown",
      status.artifact?.revision.replace(/^.*:/, "").slice(0, revisionDigits) ?? "",
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

/** What is drawn, from the top down. */
interface Blocks {
  readonly head: readonly string[];
  readonly table: readonly string[];
  /** What is wrong. */
  readonly complaints: readonly string[];
  readonly urls: readonly string[];
}

/** What there is room for. */
interface Room {
  /** Lines of the terminal that may be used. */
  readonly height: number;
  /** Lines of the terminal that a text takes. */
  readonly linesOf: (line: string) => number;
}

/** A table that is too long leaves up to half of the terminal to what is wrong. */
function arrange({ head, table, complaints, urls }: Blocks, room: Room): readonly string[] {
  const { height } = room;
  const all = separated(head, table, complaints, urls);
  if (complaints.length === 0 || linesOfAll(all, room) <= height) return fitting(all, room);
  // Where URLs follow, one more line is to say how many are not shown.
  const wanted = linesOfAll(complaints, room) + (urls.length > 0 ? 1 : 0);
  const kept = Math.min(wanted, Math.floor(height / 2));
  const top = fitting(separated(head, table), { ...room, height: height - kept - 1 });
  const left = height - linesOfAll(top, room) - 1;
  return separated(top, fitting(separated(complaints, urls), { ...room, height: left }));
}

function separated(...blocks: readonly (readonly string[])[]): readonly string[] {
  return blocks.filter((block) => block.length > 0)
    .flatMap((block, index) => index === 0 ? block : ["", ...block]);
}

function linesOfAll(lines: readonly string[], { linesOf }: Room): number {
  return lines.reduce((sum, line) => sum + linesOf(line), 0);
}

/** As many lines as the terminal has: the cursor cannot go back to what has left it. */
function fitting(lines: readonly string[], { height, linesOf }: Room): readonly string[] {
  let used = 0;
  const fits = lines.findIndex((line) => (used += linesOf(line)) > height);
  if (fits < 0) return lines;
  let kept = fits;
  used -= linesOf(lines[fits]!);
  while (kept > 0 && used + 1 > height) used -= linesOf(lines[--kept]!);
  return [...lines.slice(0, kept), `… ${lines.length - kept} more lines`];
}
