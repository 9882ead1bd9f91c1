import { displayWidth } from "./display_width.ts";
import { oneLine } from "./one_line.ts";

/** How a table is shown. */
export interface TableOptions {
  /** Columns of the terminal; the last column is cut to fit. Undefined: nothing is cut. */
  readonly width?: number;
}

const gap = "   ";

/** Rows under headings, in aligned columns, each line with its end; as `kubectl get` prints them. */
export function renderTable(
  columns: readonly string[],
  rows: readonly (readonly string[])[],
  { width }: TableOptions = {},
): string {
  const lines = [columns, ...rows].map((row) => row.map(oneLine));
  const widths = columns.map((_, index) =>
    Math.max(...lines.map((row) => displayWidth(row[index] ?? "")))
  );
  return lines.map((row) => {
    const cells = row.map((cell, index) =>
      index === columns.length - 1 ? cell : cell + " ".repeat(widths[index]! - displayWidth(cell))
    );
    const line = cells.join(gap).trimEnd();
    return `${width === undefined ? line : cut(line, width)}\n`;
  }).join("");
}

function cut(line: string, width: number): string {
  if (displayWidth(line) <= width) return line;
  let kept = "";
  let used = 1; // of the ellipsis
  for (const character of line) {
    used += displayWidth(character);
    if (used > width) break;
    kept += character;
  }
  return `${kept}…`;
}
