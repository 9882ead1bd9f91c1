/** Columns and rows of a terminal. */
export interface ConsoleSize {
  readonly columns: number;
  readonly rows: number;
}

const usual: ConsoleSize = { columns: 80, rows: 24 };

/** The size of the terminal; the usual one where there is none any more, or one that does not know its size and says 0. */
export function consoleSize(ask: () => ConsoleSize = Deno.consoleSize): ConsoleSize {
  try {
    const { columns, rows } = ask();
    return columns > 0 && rows > 0 ? { columns, rows } : usual;
  } catch {
    return usual;
  }
}
