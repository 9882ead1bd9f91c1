import { externalSourceKind } from "../core/api_names.ts";
import type { ObjectEvent } from "../core/object_event.ts";
import { type SourceKey, sourceKey } from "../core/source_key.ts";
import type { ReconcileResult } from "../reconcile/reconcile_source.ts";
import type { CommandInput } from "./command.ts";
import type { LocalView } from "./local_view.ts";

/** A line for each thing that happens: for pipes and logs. */
export class LinesView implements LocalView {
  readonly #output: Pick<CommandInput, "print" | "printError">;

  constructor(output: Pick<CommandInput, "print" | "printError">) {
    this.#output = output;
  }

  started(_operator: unknown, { directory, urlBase }: Parameters<LocalView["started"]>[1]): void {
    this.#output.print(`watching ${directory}, artifacts on ${urlBase}\n`);
  }

  outcome(key: SourceKey, { outcome, changed }: ReconcileResult): void {
    if (outcome.kind !== "published" || !changed) return;
    const { revision, size, url } = outcome.artifact;
    this.#output.print(`${key}  ${revision}  ${size} bytes\n  download: curl -LO ${url}\n`);
  }

  /** Failures and warnings, of which there is one event each and not one a retry. */
  event({ involvedObject, type, reason, message }: ObjectEvent): void {
    if (type !== "Warning" || involvedObject.kind !== externalSourceKind) return;
    this.#output.print(`${sourceKey(involvedObject)}  ${reason}  ${message}\n`);
  }

  problem(text: string): void {
    this.#output.printError(`${text}\n`);
  }

  solved(text: string): void {
    this.#output.printError(`solved: ${text}\n`);
  }

  close(): void {}
}
