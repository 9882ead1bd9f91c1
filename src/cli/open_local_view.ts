import { LinesView } from "./lines_view.ts";
import type { LocalView, LocalViewOptions } from "./local_view.ts";
import { TableView } from "./table_view.ts";

/** A table on a terminal, plain lines in a pipe. */
export function openLocalView(options: LocalViewOptions): LocalView {
  return Deno.stdout.isTerminal() ? new TableView(options) : new LinesView(options);
}
