/** One number to reach (DESIGN §14), and what was measured. */
export interface Bar {
  /** The row of the table it belongs to. */
  readonly row: string;
  readonly what: string;
  readonly measured: number;
  /** `×`, `ms`, `MiB`, …; empty for a plain number. */
  readonly unit: string;
  /** Undefined: told for its own sake, there is nothing to reach. */
  readonly bar?: number;
  readonly atLeast?: true;
  /** What it was compared with, and the figures behind a ratio. */
  readonly beside: string;
}

/** Whether a bar is reached; undefined if there is nothing to reach. */
export function isReached({ measured, bar, atLeast }: Bar): boolean | undefined {
  if (bar === undefined) return undefined;
  return atLeast ? measured >= bar : measured <= bar;
}

const verdicts = new Map([[true, "reached"], [false, "MISSED"], [undefined, "-"]]);

/** A Markdown table, which is also what is printed. */
export function formatBars(bars: readonly Bar[]): string {
  const head = ["row", "what", "measured", "to reach", "", "beside"];
  const lines = bars.map((bar) => [
    bar.row,
    bar.what,
    `${round(bar.measured)} ${bar.unit}`.trim(),
    bar.bar === undefined ? "-" : `${bar.atLeast ? "≥" : "≤"} ${round(bar.bar)} ${bar.unit}`.trim(),
    verdicts.get(isReached(bar))!,
    bar.beside,
  ]);
  const table = [head, ...lines];
  const widths = head.map((_, i) => Math.max(3, ...table.map((line) => line[i]!.length)));
  const format = (cells: readonly string[]) =>
    `| ${cells.map((cell, i) => cell.padEnd(widths[i]!)).join(" | ")} |`;
  const rule = format(widths.map((width) => "-".repeat(width)));
  return [format(head), rule, ...lines.map(format)].join("\n") + "\n";
}

function round(value: number): string {
  return Number(value.toPrecision(3)).toString();
}
