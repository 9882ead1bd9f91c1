import { displayWidth } from "./display_width.ts";
import { oneLine } from "./one_line.ts";

/** How a table is shown. */
export interface TableOptions {
  /** Columns of the terminal; what does not fit is cut. Undefined: nothing is cut. */
  readonly width?: number;
  /** Headings of the columns that are cut first, the widest of them most, before the end of the line is. */
  readonly yielding?: readonly string[];
}

const gap = "   ";
/** Of a column that yields so much stays. */
const leastWidth = 8;

/** Rows under headings, in aligned columns, each line with its end; as `kubectl get` prints them. */
export function renderTable(
  columns: readonly string[],
  rows: readonly (readonly string[])[],
  { width = Infinity, yielding = [] }: TableOptions = {},
): string {
  const lines = [columns, ...rows].map((row) => row.map(oneLine));
  const wanted = columns.map((heading, index) => ({
    width: Math.max(...lines.map((row) => displayWidth(row[index] ?? ""))),
    yields: yielding.includes(heading),
  }));
  const widths = fittingWidths(wanted, width);
  return lines.map((row) => {
    const cells = row.map((cell, index) =>
      index === columns.length - 1 ? cell : padded(cut(cell, widths[index]!), widths[index]!)
    );
    return `${cut(cells.join(gap).trimEnd(), width)}\n`;
  }).join("");
}

/** Takes what is too much from the columns that yield, always from the widest. */
function fittingWidths(
  columns: readonly { readonly width: number; readonly yields: boolean }[],
  width: number,
): readonly number[] {
  const widths = columns.map((column) => column.width);
  const gaps = (columns.length - 1) * gap.length;
  let excess = widths.reduce((sum, each) => sum + each, gaps) - width;
  for (; excess > 0; excess--) {
    const most = Math.max(...widths.filter((_, index) => columns[index]!.yields));
    if (most <= leastWidth) break;
    widths[widths.findIndex((each, index) => columns[index]!.yields && each === most)]!--;
  }
  return widths;
}

function padded(cell: string, width: number): string {
  return cell + " ".repeat(Math.max(0, width - displayWidth(cell)));
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
