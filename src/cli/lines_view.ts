import type { ObjectEvent } from "../core/object_event.ts";
import type { SourceKey } from "../core/source_key.ts";
import type { ReconcileResult } from "../reconcile/reconcile_source.ts";
import type { CommandInput } from "./command.ts";
import type { LocalView } from "./local_view.ts";
import type { Operator } from "./operator.ts";

/** A line for each thing that happens: for pipes and logs. */
export class LinesView implements LocalView {
  readonly #output: Pick<CommandInput, "print" | "printError">;
  /** The last failure of each source, so that retries of the same one are not told again. */
  readonly #failures = new Map<SourceKey, string>();

  constructor(output: Pick<CommandInput, "print" | "printError">) {
    this.#output = output;
  }

  started(_operator: Operator, { directory, port }: Parameters<LocalView["started"]>[1]): void {
    const served = port === undefined ? "" : `, serving on http://localhost:${port}`;
    this.#output.print(`watching ${directory}${served}\n`);
  }

  outcome(key: SourceKey, { outcome, changed }: ReconcileResult): void {
    if (outcome.kind === "published" && changed) {
      const { revision, size, url } = outcome.artifact;
      this.#failures.delete(key);
      this.#output.print(`${key}  ${revision}  ${size} bytes\n  download: curl -LO ${url}\n`);
    }
    if (outcome.kind === "failed" && this.#failures.get(key) !== outcome.failure.message) {
      this.#failures.set(key, outcome.failure.message);
      this.#output.print(`${key}  ${outcome.failure.reason}  ${outcome.failure.message}\n`);
    }
    if (outcome.kind === "gone") this.#failures.delete(key);
  }

  event({ involvedObject, type, reason, message }: ObjectEvent): void {
    // New artifacts and failures have lines of their own.
    if (type !== "Warning" || involvedObject.kind !== "ExternalSource") return;
    const key: SourceKey = `${involvedObject.namespace}/${involvedObject.name}`;
    if (this.#failures.get(key) === message || reason.endsWith("Failed")) return;
    this.#output.print(`${key}  ${reason}  ${message}\n`);
  }

  problem(text: string): void {
    this.#output.printError(`${text}\n`);
  }

  close(): void {}
}
