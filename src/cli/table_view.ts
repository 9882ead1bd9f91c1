import { findCondition } from "../core/condition.ts";
import { formatDuration } from "../core/duration.ts";
import type { ExternalSource } from "../core/external_source.ts";
import type { LocalView, LocalViewOptions } from "./local_view.ts";
import type { Operator } from "./operator.ts";
import { renderTable } from "./table.ts";

/** The table shows how long it is until the next run. */
const redrawEveryMs = 1_000;
const columns = ["NAMESPACE", "NAME", "READY", "REVISION", "SIZE", "NEXT", "STATUS"];
/** Of a revision so much is shown: `latest@sha256:` and twelve digits. */
const revisionLength = 26;

/** A live table of the sources, with the URL of each artifact below it. */
export class TableView implements LocalView {
  readonly #options: LocalViewOptions;
  #operator: Operator | undefined;
  #head = "";
  #problem = "";
  #drawnLines = 0;
  #cancel: () => void = () => {};

  constructor(options: LocalViewOptions) {
    this.#options = options;
  }

  started(operator: Operator, { directory, urlBase }: Parameters<LocalView["started"]>[1]): void {
    this.#operator = operator;
    this.#head = `${directory}, artifacts on ${urlBase} (Ctrl-C ends)`;
    this.#tick();
  }

  outcome(): void {
    this.#draw();
  }

  event(): void {}

  problem(text: string): void {
    this.#problem = text;
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
    const { sources } = this.#options.objects;
    const all = [...sources.keys()].toSorted().flatMap((key) => sources.get(key) ?? []);
    const width = consoleWidth();
    const rows = all.map((source) => this.#row(source));
    const urls = all.flatMap(({ status }) =>
      status.artifact ? [`curl -LO ${status.artifact.url}`] : []
    );
    const problem = this.#problem ? ["", this.#problem] : [];
    const table = rows.length > 0
      ? renderTable(columns, rows, { width })
      : "no ExternalSource yet\n";
    const text = [this.#head, "", table.trimEnd(), "", ...urls, ...problem].join("\n");
    const up = this.#drawnLines > 0 ? `\x1b[${this.#drawnLines}A\r\x1b[J` : "";
    this.#options.input.print(`${up}${text}\n`);
    this.#drawnLines = text.split("\n").reduce(
      (sum, line) => sum + Math.max(1, Math.ceil(line.length / width)),
      0,
    );
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
      ready?.message ?? "",
    ];
  }

  #next({ metadata }: ExternalSource): string {
    const at = this.#operator?.plannedAt(`${metadata.namespace}/${metadata.name}`);
    if (at === undefined) return "";
    const left = at - this.#options.clock.now();
    return left > 0 ? formatDuration(left) : "now";
  }
}

function consoleWidth(): number {
  try {
    return Deno.consoleSize().columns;
  } catch {
    return 80; // not a terminal any more
  }
}
