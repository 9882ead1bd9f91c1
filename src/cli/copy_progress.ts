import type { Clock } from "../core/clock.ts";
import type { CopyCounts } from "../store/copy_store.ts";
import { formatBytes } from "../store/format_bytes.ts";

const redrawMs = 200;

/** Where progress is shown. */
export interface CopyProgressOptions {
  /** Whether a line can be drawn over. */
  readonly isTerminal: boolean;
  readonly clock: Pick<Clock, "now">;
  readonly print: (text: string) => void;
}

/** One line of a terminal that says how far a copy is; nothing elsewhere. Problems stay above it. */
export class CopyProgress {
  readonly #options: CopyProgressOptions;
  #shownAt = -Infinity;
  #isShown = false;

  constructor(options: CopyProgressOptions) {
    this.#options = options;
  }

  show(counts: CopyCounts): void {
    const { isTerminal, clock, print } = this.#options;
    if (!isTerminal || clock.now() - this.#shownAt < redrawMs) return;
    this.#shownAt = clock.now();
    this.#isShown = true;
    print(`\r\x1b[K${copySummary(counts)}`);
  }

  problem(message: string): void {
    this.clear();
    this.#options.print(`${message}\n`);
  }

  /** Makes room for what is printed next. */
  clear(): void {
    if (this.#isShown) this.#options.print("\r\x1b[K");
    this.#isShown = false;
    this.#shownAt = -Infinity;
  }
}

/** What a copy has come to, in one line. */
export function copySummary(counts: CopyCounts): string {
  const { copied, copiedBytes, skipped, skippedBytes, failed } = counts;
  return `copied ${copied} (${formatBytes(copiedBytes)}), skipped ${skipped} (${
    formatBytes(skippedBytes)
  }), failed ${failed}`;
}
