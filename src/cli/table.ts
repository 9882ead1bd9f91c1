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

// A message may hold line breaks, and escape sequences from an upstream's header would move the cursor.
function oneLine(cell: string): string {
  // deno-lint-ignore no-control-regex -- control characters are what is replaced
  return cell.replace(/[\u0000-\u001f\u007f-\u009f]+/g, " ");
}

const wide =
  /[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6\u{1f300}-\u{1faff}]/u;

function characterWidth(character: string): number {
  if (/\p{Mark}/u.test(character)) return 0;
  return wide.test(character) ? 2 : 1;
}

function displayWidth(text: string): number {
  let width = 0;
  for (const character of text) width += characterWidth(character);
  return width;
}

function cut(line: string, width: number): string {
  if (displayWidth(line) <= width) return line;
  let kept = "";
  let used = 1; // of the ellipsis
  for (const character of line) {
    used += characterWidth(character);
    if (used > width) break;
    kept += character;
  }
  return `${kept}…`;
}
